/**
 * Separable resampling in float, as PyTorch's interpolate(antialias=True) computes it and Pillow
 * before it: when an image shrinks, the kernel is stretched by the same factor.
 */
import type { Resample } from "./preprocessor.ts";

/** Along one axis: `outSize` samples, evenly spread over `[start, start + length)` of the image. */
export interface Axis {
  /** Size of the image along this axis in pixels; nothing outside it is read. */
  readonly inSize: number;
  /** Where the sampled stretch begins and how long it is, in pixels, fractions allowed. */
  readonly start: number;
  readonly length: number;
  readonly outSize: number;
}

/** For each output sample: the first input sample and `taps` weights, those past `count` zero. */
interface AxisWeights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float32Array;
  readonly taps: number;
}

/**
 * Resample a rectangle of an RGB image. Sampling a part is the same as resampling the whole and
 * cutting the part out: pixels around the rectangle take part.
 *
 * @param pixels uint8 [h, w, 3]
 * @param y rows: inSize is h
 * @param x columns: inSize is w
 * @param scale per channel, applied last: out = value * scale + offset
 * @returns float32 [3, y.outSize, x.outSize]; bicubic and Lanczos may overshoot the input's range
 */
export function resample(
  pixels: Uint8Array,
  y: Axis,
  x: Axis,
  kind: Resample,
  scale: readonly [number, number, number] = [1, 1, 1],
  offset: readonly [number, number, number] = [0, 0, 0],
): Float32Array {
  const columns = axisWeights(x, kind);
  const rows = axisWeights(y, kind);
  const [w, outWidth, outHeight] = [x.inSize, x.outSize, y.outSize];
  const plane = outHeight * outWidth;
  const out = new Float32Array(3 * plane);
  // Rows come in order, so only as many resampled rows are kept as one output row looks at.
  const rowLength = 3 * outWidth;
  const ring = new Float32Array(rows.taps * rowLength);
  const sum = new Float32Array(rowLength);
  let nextRow = rows.first[0] ?? 0;
  for (let oy = 0; oy < outHeight; oy++) {
    const first = rows.first[oy]!;
    const end = first + rows.count[oy]!;
    // Rows that a strided nearest kernel skips are never resampled.
    for (nextRow = Math.max(nextRow, first); nextRow < end; nextRow++) {
      resampleRow(
        pixels,
        nextRow * w * 3,
        columns,
        ring,
        (nextRow % rows.taps) * rowLength,
        outWidth,
      );
    }
    sum.fill(0);
    for (let row = first; row < end; row++) {
      const weight = rows.weights[oy * rows.taps + row - first]!;
      const from = (row % rows.taps) * rowLength;
      for (let i = 0; i < rowLength; i++) sum[i]! += weight * ring[from + i]!;
    }
    for (let c = 0; c < 3; c++) {
      const [s, o] = [scale[c]!, offset[c]!];
      const to = c * plane + oy * outWidth;
      for (let ox = 0; ox < outWidth; ox++) out[to + ox] = sum[3 * ox + c]! * s + o;
    }
  }
  return out;
}

function resampleRow(
  pixels: Uint8Array,
  rowStart: number,
  { first, count, weights, taps }: AxisWeights,
  ring: Float32Array,
  to: number,
  outWidth: number,
): void {
  for (let ox = 0; ox < outWidth; ox++) {
    let r = 0;
    let g = 0;
    let b = 0;
    let p = rowStart + 3 * first[ox]!;
    const begin = ox * taps;
    for (let k = begin; k < begin + count[ox]!; k++, p += 3) {
      const weight = weights[k]!;
      r += weight * pixels[p]!;
      g += weight * pixels[p + 1]!;
      b += weight * pixels[p + 2]!;
    }
    ring[to + 3 * ox] = r;
    ring[to + 3 * ox + 1] = g;
    ring[to + 3 * ox + 2] = b;
  }
}

/**
 * Half the width of each kernel, and its value at a distance from its centre.
 * @source PyTorch UpSampleKernel.cpp (aa_filter), Pillow Resample.c
 */
const kernels: Readonly<
  Record<Exclude<Resample, "nearest">, { support: number; at: (distance: number) => number }>
> = {
  bilinear: { support: 1, at: (t) => Math.max(0, 1 - Math.abs(t)) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (t) => (Math.abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0) },
};

function axisWeights({ inSize, start, length, outSize }: Axis, kind: Resample): AxisWeights {
  const step = length / outSize;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  if (kind === "nearest") {
    // The pixel under the centre: torch's "nearest-exact" and Pillow's nearest.
    for (let i = 0; i < outSize; i++) {
      first[i] = Math.min(inSize - 1, Math.max(0, Math.floor(start + (i + 0.5) * step)));
    }
    return { first, count: count.fill(1), weights: new Float32Array(outSize).fill(1), taps: 1 };
  }
  const { support, at } = kernels[kind];
  const stretch = Math.max(1, step);
  const reach = support * stretch;
  const taps = Math.min(inSize, Math.ceil(2 * reach) + 2);
  const weights = new Float32Array(outSize * taps);
  const values = new Float64Array(taps);
  for (let i = 0; i < outSize; i++) {
    const centre = start + (i + 0.5) * step;
    const low = Math.max(0, Math.floor(centre - reach + 0.5));
    const high = Math.min(inSize, Math.floor(centre + reach + 0.5));
    let total = 0;
    for (let k = low; k < high; k++) {
      total += values[k - low] = at((k + 0.5 - centre) / stretch);
    }
    // At the border the kernel is cut off and what is left of it sums to one again.
    for (let k = 0; k < high - low; k++) weights[i * taps + k] = values[k]! / total;
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, weights, taps };
}

/** Keys' cubic with a = -0.5, as antialiased resizing has it; torch without antialias uses -0.75. */
function cubic(t: number): number {
  const a = -0.5;
  const x = Math.abs(t);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(t: number): number {
  return t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
}
