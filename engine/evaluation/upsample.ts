/** Values of patches brought to the pixels of their picture. */

/** [rows * cols, channels], row-major */
export interface PatchValues {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
}

export type Upsampling = "bilinear" | "nearest";

/**
 * As PyTorch's `interpolate(align_corners=False)`: the centre of a patch has the patch's value, and
 * what lies outside the outermost centres has theirs.
 * @returns float32 [height * width, channels]
 */
export function upsample(
  { values, rows, cols, channels }: PatchValues,
  { width, height }: { readonly width: number; readonly height: number },
  kind: Upsampling,
): Float32Array {
  const down = neighboursAlong(rows, height, kind);
  const across = neighboursAlong(cols, width, kind);
  const out = new Float32Array(height * width * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const [above, below, v] = [down.first[y]!, down.second[y]!, down.weight[y]!];
    for (let x = 0; x < width; x++) {
      const [left, right, u] = [across.first[x]!, across.second[x]!, across.weight[x]!];
      const aboveLeft = (above * cols + left) * channels;
      const aboveRight = (above * cols + right) * channels;
      const belowLeft = (below * cols + left) * channels;
      const belowRight = (below * cols + right) * channels;
      for (let c = 0; c < channels; c++, at++) {
        const upper = values[aboveLeft + c]! * (1 - u) + values[aboveRight + c]! * u;
        const lower = values[belowLeft + c]! * (1 - u) + values[belowRight + c]! * u;
        out[at] = upper * (1 - v) + lower * v;
      }
    }
  }
  return out;
}

/** The two values around every sample, and how much of the second it takes. */
function neighboursAlong(from: number, to: number, kind: Upsampling) {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to;
    const at = kind === "nearest" ? Math.floor(centre) : centre - 0.5;
    const low = Math.floor(at);
    first[i] = Math.min(from - 1, Math.max(0, low));
    second[i] = Math.min(from - 1, Math.max(0, low + 1));
    weight[i] = at - low;
  }
  return { first, second, weight };
}
