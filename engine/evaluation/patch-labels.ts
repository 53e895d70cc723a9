/** What the pixels of a mask say about each patch: how many of them have which class. */
import { ignored, type SegmentedImage } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";

/**
 * Parts of patches by class, a few entries a patch: nearly all patches hold one class or two, so a
 * dense [patches, classes] would be mostly zeros.
 */
export class PatchLabels {
  /** Entries of patch i are ends[i - 1] .. ends[i]. */
  private readonly ends: number[] = [];
  private readonly classOf: number[] = [];
  private readonly part: number[] = [];

  constructor(readonly classes: number) {}

  get count(): number {
    return this.ends.length;
  }

  /**
   * Add the patches of one picture, in raster order. A pixel belongs to the patch that its centre
   * lies in when the picture is stretched over the grid.
   * @throws EngineError "image.size", "option.invalid", see {@link checkMask}
   */
  add(item: SegmentedImage, rows: number, cols: number): void {
    checkMask(item, this.classes);
    const { width, height } = item.picture;
    const counts = new Float64Array(rows * cols * this.classes);
    const across = Int32Array.from({ length: width }, (_, x) => cell(x, width, cols));
    for (let y = 0; y < height; y++) {
      const first = cell(y, height, rows) * cols;
      for (let x = 0; x < width; x++) {
        const label = item.mask[y * width + x]!;
        if (label !== ignored) counts[(first + across[x]!) * this.classes + label]! += 1;
      }
    }
    const pixels = (width * height) / (rows * cols);
    for (let patch = 0; patch < rows * cols; patch++) {
      for (let c = 0; c < this.classes; c++) {
        const count = counts[patch * this.classes + c]!;
        if (count === 0) continue;
        this.classOf.push(c);
        this.part.push(count / pixels);
      }
      this.ends.push(this.part.length);
    }
  }

  /** Whether any pixel of the patch is labelled. */
  isLabelled(patch: number): boolean {
    return this.ends[patch]! > this.start(patch);
  }

  /** @param out float32 [patches.length, classes]: parts of the patch's area */
  read(patches: ArrayLike<number>, out: Float32Array): void {
    out.fill(0);
    for (let i = 0; i < patches.length; i++) {
      this.each(patches[i]!, (c, part) => (out[i * this.classes + c] = part));
    }
  }

  each(patch: number, visit: (label: number, part: number) => void): void {
    for (let k = this.start(patch); k < this.ends[patch]!; k++) {
      visit(this.classOf[k]!, this.part[k]!);
    }
  }

  private start(patch: number): number {
    return patch === 0 ? 0 : this.ends[patch - 1]!;
  }
}

/**
 * @throws EngineError "image.size" for a mask of another size than its picture, "option.invalid" for
 *   a class outside the declared ones
 */
export function checkMask({ picture, mask }: SegmentedImage, classes: number): void {
  const { name, width, height } = picture;
  if (mask.length !== width * height) {
    throw new EngineError(
      "image.size",
      `${name}: expected a mask of ${width} × ${height} pixels as the picture, received ${mask.length} pixels`,
    );
  }
  const outside = mask.find((label) => label >= classes && label !== ignored);
  if (outside === undefined) return;
  const at = mask.indexOf(outside);
  throw new EngineError(
    "option.invalid",
    `${name}: expected classes 0 to ${classes - 1}, or ${ignored} for what counts for nothing; the mask has ${outside} at ${at % width}, ${Math.floor(at / width)}`,
    { hint: "Name all classes of the set, or mark these pixels as ignored." },
  );
}

/** Which of `cells` the centre of pixel i of `size` lies in. */
export function cell(i: number, size: number, cells: number): number {
  return Math.min(cells - 1, Math.floor(((i + 0.5) * cells) / size));
}
