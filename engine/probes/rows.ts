/** A row-major matrix on the host: one token a row, its tiles, norms and means. */

export interface Rows {
  /** [count * width] */
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** Lengths below this are taken as this, so that a zero vector stays zero. As PyTorch's normalize. */
export const normEpsilon = 1e-12;

export function row({ data, width }: Rows, index: number): Float32Array {
  return data.subarray(index * width, (index + 1) * width);
}

/** The given rows, in the given order, copied. */
export function pickRows(rows: Rows, indices: ArrayLike<number>): Rows {
  const data = new Float32Array(indices.length * rows.width);
  for (let i = 0; i < indices.length; i++) data.set(row(rows, indices[i]!), i * rows.width);
  return { data, count: indices.length, width: rows.width };
}

/** Inner product in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Euclidean length, in double precision. */
export function length(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** Squared length of every row. Over all rows at once: small calls would cost more than the sums. */
export function squaredLengths({ data, count, width }: Rows): Float64Array {
  const squares = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += data[at]! * data[at]!;
    squares[i] = sum;
  }
  return squares;
}

/** Every row at length 1; a row of zeros stays zero. */
export function normaliseRows(rows: Rows): Rows {
  const squares = squaredLengths(rows);
  const data = new Float32Array(rows.data.length);
  for (let i = 0, at = 0; i < rows.count; i++) {
    const scale = 1 / Math.max(Math.sqrt(squares[i]!), normEpsilon);
    for (const end = at + rows.width; at < end; at++) data[at] = rows.data[at]! * scale;
  }
  return { ...rows, data };
}

/** A vector at length 1, or of zeros. */
export function normalise(vector: ArrayLike<number>): Float32Array {
  const scale = 1 / Math.max(length(vector), normEpsilon);
  return Float32Array.from(vector, (value) => value * scale);
}

/** Sum of the rows [start, end). @returns float64 [width] */
export function sumRows({ data, count, width }: Rows, start = 0, end = count): Float64Array {
  const sum = new Float64Array(width);
  for (let i = start; i < end; i++) {
    const offset = i * width;
    for (let j = 0; j < width; j++) sum[j]! += data[offset + j]!;
  }
  return sum;
}

/**
 * `size` rows from `start`, less `mean` if given. Rows past the end are zero, so they add nothing to
 * a sum of products. A view where nothing has to be changed.
 */
export function tile(rows: Rows, start: number, size: number, mean?: Float64Array): Float32Array {
  const { data, count, width } = rows;
  const end = Math.min(count, start + size);
  const view = data.subarray(start * width, end * width);
  if (!mean && end - start === size) return view;
  const copy = new Float32Array(size * width);
  if (!mean) {
    copy.set(view);
    return copy;
  }
  for (let offset = 0; offset < view.length; offset += width) {
    for (let j = 0; j < width; j++) copy[offset + j] = view[offset + j]! - mean[j]!;
  }
  return copy;
}
