/**
 * All eigenvalues of a symmetric matrix, without vectors: Householder's reduction to three diagonals
 * and the implicit QR iteration with Wilkinson's shift (Golub & Van Loan, Matrix Computations, 4th
 * ed., 8.3). A full decomposition of a few hundred rows takes ten times as long.
 */

/**
 * @param matrix float64 [n * n], symmetric: the lower triangle is read; overwritten
 * @returns descending
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix, n);
  iterate(diagonal, beside);
  return diagonal.sort().reverse();
}

/**
 * A -> Q A Q^T with three diagonals: one reflection a row, from the last up. Only the lower triangle
 * is read and written, because it is half of the work.
 */
function tridiagonal(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const w = new Float64Array(n);
  for (let k = n - 1; k > 0; k--) {
    diagonal[k] = a[k * n + k]!;
    // The reflecting vector is x - alpha e, x the row before the diagonal, e the last of its axes.
    const v = a.subarray(k * n, k * n + k);
    let squares = 0;
    for (let j = 0; j < k; j++) squares += v[j]! * v[j]!;
    const end = v[k - 1]!;
    const alpha = end > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    const half = squares - alpha * end; // |v|^2 / 2
    beside[k - 1] = k === 1 ? end : alpha;
    if (k === 1 || half === 0) continue;
    v[k - 1] = end - alpha;
    reflect(a, n, v, half, w);
  }
  diagonal[0] = a[0]!;
  return { diagonal, beside };
}

/** A -> H A H on the leading block, H = 1 - v v^T / half, as A - v w^T - w v^T. */
function reflect(a: Float64Array, n: number, v: Float64Array, half: number, w: Float64Array): void {
  const size = v.length;
  w.fill(0);
  for (let i = 0; i < size; i++) {
    const vi = v[i]!;
    const start = i * n;
    let sum = a[start + i]! * vi;
    for (let j = 0; j < i; j++) {
      const entry = a[start + j]!;
      sum += entry * v[j]!;
      w[j]! += entry * vi;
    }
    w[i]! += sum;
  }
  let overlap = 0;
  for (let i = 0; i < size; i++) overlap += (w[i]! /= half) * v[i]!;
  for (let i = 0; i < size; i++) w[i]! -= (overlap / (2 * half)) * v[i]!;
  for (let i = 0; i < size; i++) {
    const [vi, wi] = [v[i]!, w[i]!];
    const start = i * n;
    for (let j = 0; j <= i; j++) a[start + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** Until nothing is left beside the diagonal. */
function iterate(d: Float64Array, e: Float64Array): void {
  const isZero = (k: number) =>
    Math.abs(e[k]!) <= Number.EPSILON * (Math.abs(d[k]!) + Math.abs(d[k + 1]!));
  let steps = 0;
  for (let last = d.length - 1; last > 0;) {
    if (isZero(last - 1)) {
      last--;
      continue;
    }
    if (++steps > 60 * d.length) throw new Error("internal: eigenvalues do not converge");
    let first = last - 1;
    while (first > 0 && !isZero(first - 1)) first--;
    sweep(d, e, first, last);
  }
}

/** One QR step on rows first..last: a bulge is chased down by rotations. */
function sweep(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const delta = (d[last - 1]! - d[last]!) / 2;
  const b = e[last - 1]!;
  const root = Math.sqrt(delta * delta + b * b);
  const shift = d[last]! - (b * b) / (delta + (delta >= 0 ? root : -root));
  let x = d[first]! - shift;
  let z = e[first]!;
  for (let k = first; k < last; k++) {
    const r = Math.sqrt(x * x + z * z);
    const [c, s] = r > 0 ? [x / r, z / r] : [1, 0];
    if (k > first) e[k - 1] = r;
    const [above, below, between] = [d[k]!, d[k + 1]!, e[k]!];
    d[k] = c * c * above + 2 * c * s * between + s * s * below;
    d[k + 1] = s * s * above - 2 * c * s * between + c * c * below;
    e[k] = c * s * (below - above) + (c * c - s * s) * between;
    if (k + 1 < last) {
      x = e[k]!;
      z = s * e[k + 1]!;
      e[k + 1]! *= c;
    }
  }
}
