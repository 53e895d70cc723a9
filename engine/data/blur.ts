/** Gaussian blur of a square crop with a kernel of nine, as torchvision's gaussian_blur does it. */

const reach = 4;

/**
 * Blur in place. The border is mirrored without repeating the outermost pixel.
 * @param planes [3, side, side], side at least 5
 * @param sigma in pixels, above 0
 */
export function blur(planes: Float32Array, side: number, sigma: number): void {
  const kernel = gaussian(sigma);
  const plane = side * side;
  const rows = new Float32Array(plane);
  const line = new Float32Array(side + 2 * reach);
  for (let channel = 0; channel < 3; channel++) {
    const values = planes.subarray(channel * plane, (channel + 1) * plane);
    for (let y = 0; y < side; y++) blurRow(values, y * side, side, kernel, line, rows);
    for (let y = 0; y < side; y++) blurColumns(rows, y, side, kernel, values);
  }
}

/** Weights at distances 0 to 4; they and their mirror images sum to one. */
function gaussian(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: reach + 1 }, (_, i) =>
    Math.exp(-0.5 * (i / sigma) ** 2),
  );
  const total = 2 * weights.reduce((sum, weight) => sum + weight, 0) - weights[0]!;
  return weights.map((weight) => weight / total);
}

/** Where a position outside lies when the border is a mirror. */
function mirrored(position: number, side: number): number {
  if (position < 0) return -position;
  return position < side ? position : 2 * (side - 1) - position;
}

function blurRow(
  from: Float32Array,
  start: number,
  side: number,
  kernel: Float64Array,
  line: Float32Array,
  to: Float32Array,
): void {
  const [k0, k1, k2, k3, k4] = kernel as unknown as [number, number, number, number, number];
  line.set(from.subarray(start, start + side), reach);
  for (let i = 1; i <= reach; i++) {
    line[reach - i] = from[start + i]!;
    line[reach + side - 1 + i] = from[start + side - 1 - i]!;
  }
  for (let x = 0; x < side; x++) {
    to[start + x] =
      k0 * line[x + 4]! +
      k1 * (line[x + 3]! + line[x + 5]!) +
      k2 * (line[x + 2]! + line[x + 6]!) +
      k3 * (line[x + 1]! + line[x + 7]!) +
      k4 * (line[x]! + line[x + 8]!);
  }
}

/** One row of the result, out of the nine rows around it. */
function blurColumns(
  from: Float32Array,
  y: number,
  side: number,
  kernel: Float64Array,
  to: Float32Array,
): void {
  const row = (offset: number) => {
    const start = mirrored(y + offset, side) * side;
    return from.subarray(start, start + side);
  };
  const [k0, k1, k2, k3, k4] = kernel as unknown as [number, number, number, number, number];
  const [a, b, c, d, middle, e, f, g, h] = [
    row(-4),
    row(-3),
    row(-2),
    row(-1),
    row(0),
    row(1),
    row(2),
    row(3),
    row(4),
  ] as const;
  const start = y * side;
  for (let x = 0; x < side; x++) {
    to[start + x] =
      k0 * middle[x]! +
      k1 * (d[x]! + e[x]!) +
      k2 * (c[x]! + f[x]!) +
      k3 * (b[x]! + g[x]!) +
      k4 * (a[x]! + h[x]!);
  }
}
