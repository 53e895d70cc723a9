/**
 * TokenCut: the object of a picture is one side of the normalised cut of its patches (Wang et al.
 * 2022, arXiv:2202.11539), and the box around it is compared with the boxes given.
 */
import type { Box, Picture } from "../labels/labelled.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { secondEigenvector, thresholdGraph } from "./normalised-cut.ts";
import { cosines, type PreparedPrograms } from "./similarity.ts";

export interface Cut {
  readonly tau: number;
  /** Around the object, in pixels of the picture. */
  readonly box: Box;
  /** [rows * cols], 1 on the object: the part of its side that hangs together with the seed. */
  readonly mask: Uint8Array;
  /** Second eigenvector, positive on the object's side of its mean; [rows * cols]. */
  readonly vector: Float64Array;
  /** The patch of largest magnitude in the eigenvector; it decides which side is the object. */
  readonly seed: number;
  readonly rows: number;
  readonly cols: number;
  /** False where the eigenvector stopped short of its tolerance. */
  readonly converged: boolean;
}

/**
 * One cut for each threshold. The features are taken as they come: the paper uses keys of the last
 * layer, DINOv3 the patches after the final norm (dinov3.md F.3).
 * @param epsilon weight of an edge whose cosine is not above the threshold
 * @throws EngineError "cancelled", or what the executor refuses
 */
export async function cutObject(
  features: FrozenFeatures,
  picture: Pick<Picture, "width" | "height">,
  { taus, epsilon }: { readonly taus: readonly number[]; readonly epsilon: number },
  programs: PreparedPrograms,
  signal?: AbortSignal,
): Promise<Cut[]> {
  const { rows, cols } = features;
  const count = rows * cols;
  const patches = { data: features.patches, count, width: features.width };
  const similarity = await cosines(patches, patches, programs, signal);
  const cuts: Cut[] = [];
  for (const tau of taus) {
    const graph = thresholdGraph(similarity, count, tau, epsilon);
    const { vector, converged } = await secondEigenvector(graph, { signal });
    const { mask, seed, isNegative } = objectOf(vector, rows, cols);
    cuts.push({
      tau,
      box: boxAround(mask, rows, cols, picture),
      mask,
      vector: isNegative ? vector.map((value) => -value) : vector,
      seed,
      rows,
      cols,
      converged,
    });
  }
  return cuts;
}

/**
 * The two sides are above the mean and not. The object is on the side of the entry of largest
 * magnitude, of which it is the connected part (over edges, not corners) around that entry.
 */
export function objectOf(
  vector: Float64Array,
  rows: number,
  cols: number,
): { mask: Uint8Array; seed: number; isNegative: boolean } {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  let seed = 0;
  for (let i = 1; i < vector.length; i++) {
    if (Math.abs(vector[i]!) > Math.abs(vector[seed]!)) seed = i;
  }
  const isAbove = vector[seed]! > mean;
  const side = Uint8Array.from(vector, (value) => (value > mean === isAbove ? 1 : 0));
  return { mask: connectedPart(side, rows, cols, seed), seed, isNegative: !isAbove };
}

/** Intersection over union of two boxes, 0 to 1. */
export function boxOverlap(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  if (!(w > 0 && h > 0)) return 0;
  return (w * h) / (a.w * a.h + b.w * b.h - w * h);
}

/** All that can be reached from the seed through neighbours that are 1. */
function connectedPart(side: Uint8Array, rows: number, cols: number, seed: number): Uint8Array {
  const part = new Uint8Array(side.length);
  part[seed] = 1;
  const open = [seed];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const row = Math.floor(at / cols);
    const col = at % cols;
    const visit = (isInside: boolean, next: number): void => {
      if (!isInside || side[next] !== 1 || part[next] === 1) return;
      part[next] = 1;
      open.push(next);
    };
    visit(row > 0, at - cols);
    visit(row + 1 < rows, at + cols);
    visit(col > 0, at - 1);
    visit(col + 1 < cols, at + 1);
  }
  return part;
}

function boxAround(
  mask: Uint8Array,
  rows: number,
  cols: number,
  { width, height }: Pick<Picture, "width" | "height">,
): Box {
  let [top, bottom, left, right] = [rows, 0, cols, 0];
  mask.forEach((value, index) => {
    if (value === 0) return;
    const row = Math.floor(index / cols);
    const col = index % cols;
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
    left = Math.min(left, col);
    right = Math.max(right, col + 1);
  });
  const [perCol, perRow] = [width / cols, height / rows];
  return {
    x: left * perCol,
    y: top * perRow,
    w: (right - left) * perCol,
    h: (bottom - top) * perRow,
  };
}
