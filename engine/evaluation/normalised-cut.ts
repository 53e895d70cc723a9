/**
 * The normalised cut of a graph with two kinds of edges (Shi and Malik, TPAMI 2000): its second
 * smallest eigenvector, by Lanczos iteration with thick restarts over the graph as bits.
 */
import { setImmediate } from "node:timers/promises";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { throwIfAborted } from "../protocol/errors.ts";
import { normalAt } from "../random/counter.ts";

/** Every pair of nodes has an edge: of weight 1 where their bit is set, else of weight epsilon. */
export interface TwoWeightGraph {
  /** P */
  readonly count: number;
  readonly epsilon: number;
  /** [ceil(P / 8), P]: the edge from i to j is bit j & 7 of the byte at (j >> 3, i). Symmetric. */
  readonly bits: Uint8Array;
}

/**
 * TokenCut's graph (Wang et al. 2022, arXiv:2202.11539, sec. 3.2).
 * @param cosines [P, P]; only j >= i is read, so the graph is symmetric whatever the rounding
 * @param tau     an edge of weight 1 where the cosine is above it
 */
export function thresholdGraph(
  cosines: Float32Array,
  count: number,
  tau: number,
  epsilon = 1e-5,
): TwoWeightGraph {
  const bits = new Uint8Array(count * Math.ceil(count / 8));
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      if (!(cosines[i * count + j]! > tau)) continue;
      bits[(j >> 3) * count + i]! |= 1 << (j & 7);
      bits[(i >> 3) * count + j]! |= 1 << (i & 7);
    }
  }
  return { count, epsilon, bits };
}

export interface CutVector {
  /** Solves (D - W) x = value D x; float64 [P]. Its sign is free. */
  readonly vector: Float64Array;
  /** 0 to 2; near 0 where the graph falls into two parts. */
  readonly value: number;
  /** |N y - (1 - value) y| of y = sqrt(D) x at length 1, with N = D^-1/2 W D^-1/2. */
  readonly residual: number;
  /** Whether the residual came below the tolerance; otherwise the best found is returned. */
  readonly converged: boolean;
  /** Products of the graph with a vector. */
  readonly products: number;
}

/** A basis of so many vectors is reduced to its best. */
const basisSize = 60;
const keptOnRestart = 12;
const maxProducts = 3000;
/** Products between two looks at the residual. */
const lookEvery = 6;

/**
 * The smallest eigenvalue is 0 with x constant, so sqrt(D) is known and is kept out of the basis:
 * what remains is the largest eigenpair of N. Where several share it, as in a graph whose edges are
 * all alike, any vector of theirs may come, the same one each time.
 * @param tolerance LAPACK stops at about 1e-14; clusters of isolated patches have gaps of 1e-6
 * @throws EngineError "cancelled" between two looks
 */
export async function secondEigenvector(
  graph: TwoWeightGraph,
  { tolerance = 1e-10, signal }: { tolerance?: number; signal?: AbortSignal | undefined } = {},
): Promise<CutVector> {
  const { count } = graph;
  if (count < 2) {
    const vector = new Float64Array(count);
    return { vector, value: 0, residual: 0, converged: true, products: 0 };
  }
  const degrees = timesGraph(graph, new Float64Array(count).fill(1));
  const scale = degrees.map((degree) => 1 / Math.sqrt(degree));
  const constant = toLength1(degrees.map(Math.sqrt));
  const apply = (vector: Float64Array): Float64Array => {
    const product = timesGraph(
      graph,
      vector.map((value, i) => value * scale[i]!),
    );
    return product.map((value, i) => value * scale[i]!);
  };

  let basis: Float64Array[] = [];
  let projected = new Matrix(basisSize + 1, basisSize + 1);
  let next: Float64Array = Float64Array.from({ length: count }, (_, i) => normalAt(0, i));
  removeParts(next, [constant]);
  next = toLength1(next);
  for (let products = 1; ; products++) {
    const image = apply(next);
    basis.push(next);
    const parts = removeParts(image, [constant, ...basis]);
    const last = basis.length - 1;
    parts.slice(1).forEach((part, i) => projected.set(i, last, part).set(last, i, part));
    const left = Math.sqrt(inner(image, image));
    // Nothing is left to look at: the basis holds whole eigenvectors.
    const isExhausted = left < 1e-13 || basis.length === count - 1;
    const isFull = basis.length === basisSize;
    if (isExhausted || isFull || products % lookEvery === 0 || products >= maxProducts) {
      await setImmediate();
      throwIfAborted(signal, "the normalised cut");
      const ritz = ritzPairs(projected, basis.length);
      const residual = isExhausted ? left : Math.abs(left * ritz.weights(0)[last]!);
      const converged = isExhausted || residual <= tolerance;
      if (converged || products >= maxProducts) {
        const best = combine(basis, ritz.weights(0));
        const vector = best.map((value, i) => value * scale[i]!);
        return { vector, value: 1 - ritz.values[0]!, residual, converged, products };
      }
      if (isFull) {
        // Thick restart (Wu and Simon 2000): the best stay, and the remainder leads on.
        basis = Array.from({ length: keptOnRestart }, (_, k) => combine(basis, ritz.weights(k)));
        projected = new Matrix(basisSize + 1, basisSize + 1);
        ritz.values.slice(0, keptOnRestart).forEach((value, k) => projected.set(k, k, value));
      }
    }
    next = image.map((value) => value / left);
  }
}

/** Eigenpairs of the leading m x m part, largest first. */
function ritzPairs(projected: Matrix, m: number) {
  const small = new EigenvalueDecomposition(projected.subMatrix(0, m - 1, 0, m - 1), {
    assumeSymmetric: true,
  });
  const order = small.realEigenvalues
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value);
  return {
    values: order.map(({ value }) => value),
    weights: (k: number) => small.eigenvectorMatrix.getColumn(order[k]!.index),
  };
}

/**
 * W x. Of eight neighbouring entries the sums of all 256 subsets are made once; then one addition
 * counts eight edges (Arlazarov et al. 1970).
 */
function timesGraph({ count, epsilon, bits }: TwoWeightGraph, x: Float64Array): Float64Array {
  const out = new Float64Array(count);
  const sums = new Float64Array(256);
  for (let byte = 0; 8 * byte < count; byte++) {
    for (let bit = 0, half = 1; bit < 8; bit++, half *= 2) {
      const entry = x[8 * byte + bit] ?? 0;
      for (let subset = 0; subset < half; subset++) sums[half + subset] = sums[subset]! + entry;
    }
    const column = bits.subarray(byte * count, (byte + 1) * count);
    for (let i = 0; i < count; i++) out[i]! += sums[column[i]!]!;
  }
  let everything = 0;
  for (let i = 0; i < count; i++) everything += x[i]!;
  for (let i = 0; i < count; i++) out[i] = epsilon * everything + (1 - epsilon) * out[i]!;
  return out;
}

/** Make a vector orthogonal to unit vectors, twice for rounding. @returns what was taken of each */
function removeParts(vector: Float64Array, units: readonly Float64Array[]): number[] {
  const parts = units.map(() => 0);
  for (let pass = 0; pass < 2; pass++) {
    units.forEach((unit, k) => {
      const part = inner(vector, unit);
      parts[k]! += part;
      for (let i = 0; i < vector.length; i++) vector[i]! -= part * unit[i]!;
    });
  }
  return parts;
}

function combine(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, k) => {
    const weight = weights[k]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * vector[i]!;
  });
  return sum;
}

function toLength1(vector: Float64Array): Float64Array {
  const length = Math.sqrt(inner(vector, vector));
  return vector.map((value) => value / length);
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
