/**
 * The largest eigenpairs of a symmetric matrix: block Krylov iteration with Rayleigh-Ritz and
 * restarts (Saad, Numerical Methods for Large Eigenvalue Problems, 2011, ch. 6; Musco & Musco,
 * arXiv:1504.05477). Deterministic: the start comes from a counter, the signs from the loadings.
 */
import { setImmediate } from "node:timers/promises";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { throwIfAborted } from "../protocol/errors.ts";
import { normalAt } from "../random/counter.ts";

export interface Eigenpairs {
  /** Descending, at most `count`; fewer when the matrix is smaller. */
  readonly values: number[];
  /** Unit vectors float64 [d], one per value; the loading of largest magnitude is positive. */
  readonly vectors: Float64Array[];
  /** Largest |A v - value v| over the pairs, relative to the largest value. */
  readonly residual: number;
  /** Whether the residual came below the tolerance; otherwise the best found is returned. */
  readonly converged: boolean;
  /** Products of the matrix with a block of vectors. */
  readonly products: number;
}

/** Vectors more than are asked for: they speed the slowest of the wanted ones. */
const guardVectors = 5;
/** Blocks in a Krylov basis before it is reduced to its best vectors. */
const blocksPerBasis = 5;
const maxRestarts = 60;

/**
 * @param matrix float64 [d * d], symmetric, positive semidefinite
 * @param tolerance on the residual; 1e-8 is below the float32 error of a measured covariance
 * @throws EngineError "cancelled" between two products
 */
export async function topEigenpairs(
  matrix: Float64Array,
  d: number,
  count: number,
  { tolerance = 1e-8, signal }: { tolerance?: number; signal?: AbortSignal } = {},
): Promise<Eigenpairs> {
  const width = Math.min(d, count + guardVectors);
  let block: Float64Array[] = Array.from({ length: width }, (_, k) =>
    Float64Array.from({ length: d }, (_, j) => normalAt(k, j)),
  );
  let products = 0;
  for (let restart = 1; ; restart++) {
    const basis: Float64Array[] = [];
    const images: Float64Array[] = [];
    let frontier: Float64Array[] = block;
    for (let step = 0; step < blocksPerBasis && frontier.length > 0; step++) {
      const first = basis.length;
      for (const vector of frontier) addDirection(basis, vector);
      frontier = multiply(matrix, d, basis.slice(first));
      images.push(...frontier);
      products++;
      // A product takes up to a quarter of a second at d = 4096: let others have the thread.
      await setImmediate();
      throwIfAborted(signal, "principal components");
    }
    const ritz = rayleighRitz(basis, images, width);
    const largest = Math.max(ritz.values[0] ?? 0, Number.MIN_VALUE);
    const residual = Math.max(0, ...ritz.residuals.slice(0, count)) / largest;
    const converged = residual <= tolerance;
    if (converged || restart === maxRestarts) {
      return {
        values: ritz.values.slice(0, count),
        vectors: ritz.vectors.slice(0, count).map(withPositivePeak),
        residual,
        converged,
        products,
      };
    }
    block = ritz.vectors;
  }
}

/** Append the part of a vector that is orthogonal to the basis; nothing where none is left. */
function addDirection(basis: Float64Array[], vector: Float64Array): void {
  const before = Math.sqrt(inner(vector, vector));
  const rest = vector.slice();
  // Twice is enough to be orthogonal to rounding (Giraud & Langou 2005).
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) addScaled(rest, direction, -inner(rest, direction));
  }
  const after = Math.sqrt(inner(rest, rest));
  if (after > 1e-10 * before) basis.push(rest.map((value) => value / after));
}

/** Best approximations to eigenpairs within the span of an orthonormal basis. */
function rayleighRitz(basis: Float64Array[], images: Float64Array[], count: number) {
  const m = basis.length;
  const projected = new Matrix(m, m);
  for (let i = 0; i < m; i++) {
    for (let j = i; j < m; j++) {
      const value = inner(basis[i]!, images[j]!);
      projected.set(i, j, value).set(j, i, value);
    }
  }
  const small = new EigenvalueDecomposition(projected, { assumeSymmetric: true });
  const order = small.realEigenvalues
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count);
  const values = order.map(({ value }) => value);
  const vectors: Float64Array[] = [];
  const residuals: number[] = [];
  for (const { value, index } of order) {
    const weights = small.eigenvectorMatrix.getColumn(index);
    const vector = combine(basis, weights);
    const error = combine(images, weights);
    addScaled(error, vector, -value);
    vectors.push(vector);
    residuals.push(Math.sqrt(inner(error, error)));
  }
  return { values, vectors, residuals };
}

/** Matrix times each vector, four at a time: four sums in flight hide the latency of an addition. */
function multiply(matrix: Float64Array, d: number, vectors: Float64Array[]): Float64Array[] {
  const out = vectors.map(() => new Float64Array(d));
  const unused = new Float64Array(d);
  for (let k = 0; k < vectors.length; k += 4) {
    const [a, b = unused, c = unused, e = unused] = vectors.slice(k, k + 4) as [Float64Array];
    for (let i = 0; i < d; i++) {
      const offset = i * d;
      let [first, second, third, fourth] = [0, 0, 0, 0];
      for (let j = 0; j < d; j++) {
        const entry = matrix[offset + j]!;
        first += entry * a[j]!;
        second += entry * b[j]!;
        third += entry * c[j]!;
        fourth += entry * e[j]!;
      }
      const sums = [first, second, third, fourth];
      for (let n = k; n < vectors.length && n < k + 4; n++) out[n]![i] = sums[n - k]!;
    }
  }
  return out;
}

function combine(vectors: Float64Array[], weights: number[]): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, k) => addScaled(sum, vector, weights[k]!));
  return sum;
}

function addScaled(target: Float64Array, vector: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * vector[i]!;
}

/** An eigenvector's sign is free; this choice repeats. */
function withPositivePeak(vector: Float64Array): Float64Array {
  let peak = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(peak)) peak = value;
  return peak < 0 ? vector.map((value) => -value) : vector;
}

/** Of two float64 vectors only, so that the loop stays compiled for them. */
function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
