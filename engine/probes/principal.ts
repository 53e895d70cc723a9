/** Principal components of one or several sets of features, and features seen in that basis. */
import type { ProbeContext } from "./probe.ts";
import { topEigenpairs } from "./eigen.ts";
import { eachTile, innerProgram, matrix, scatter, tileRowsFor } from "./products.ts";
import { squaredLengths, sumRows, tile, type Rows } from "./rows.ts";
import { sum } from "./statistics.ts";

export interface PrincipalBasis {
  /** Mean of all fitted rows, float64 [d]. */
  readonly mean: Float64Array;
  /** float32 [count * d], unit rows; a row of zeros where the features vary in fewer directions. */
  readonly components: Float32Array;
  /** Variance along each component, over n - 1 as scikit-learn's PCA; 0 where there is none. */
  readonly variances: readonly number[];
  readonly totalVariance: number;
  /** How many rows it was fitted on. */
  readonly samples: number;
  /** False where the eigenvectors stopped short of the tolerance. */
  readonly converged: boolean;
}

/** Below this part of the largest variance a component is rounding: the scatter is float32. */
const leastVarianceRatio = 1e-6;
/** Below this part of the mean squared length, all variation is rounding. */
const leastEnergyRatio = 1e-12;

/** Fit on all rows of all sets together. Sets may be empty; no rows at all give a basis of zeros. */
export async function fitPrincipal(
  sets: readonly Rows[],
  width: number,
  count: number,
  context: ProbeContext,
): Promise<PrincipalBasis> {
  const samples = sum(sets.map((rows) => rows.count));
  const mean = new Float64Array(width);
  let energy = 0;
  for (const rows of sets) {
    sumRows(rows).forEach((value, j) => (mean[j]! += value / samples));
    energy += sum(squaredLengths(rows)) / samples;
  }
  const covariance = new Float64Array(width * width);
  for (const rows of sets) {
    if (rows.count === 0) continue;
    const part = await scatter(rows, mean, context);
    for (let i = 0; i < part.length; i++) covariance[i]! += part[i]! / Math.max(1, samples - 1);
  }
  let totalVariance = 0;
  for (let j = 0; j < width; j++) totalVariance += covariance[j * width + j]!;

  const { values, vectors, converged } = await topEigenpairs(covariance, width, count, {
    signal: context.signal,
  });
  const floor = Math.max(leastVarianceRatio * (values[0] ?? 0), leastEnergyRatio * energy);
  const components = new Float32Array(count * width);
  const variances = Array.from({ length: count }, (_, k) => {
    const value = values[k] ?? 0;
    if (!(value > floor)) return 0;
    components.set(vectors[k]!, k * width);
    return value;
  });
  return { mean, components, variances, totalVariance, samples, converged };
}

/** @returns float32 [rows.count, count]: centred rows in the basis */
export async function project(
  rows: Rows,
  basis: PrincipalBasis,
  context: ProbeContext,
): Promise<Float32Array> {
  const { width } = rows;
  const count = basis.variances.length;
  const t = tileRowsFor(rows.count);
  const out = new Float32Array(rows.count * count);
  const others = matrix(basis.components, count, width);
  await eachTile(rows, t, context, innerProgram(t, width, count), async (start, run) => {
    // Centred before the product: float32 would lose small variation around a large mean.
    const centred = matrix(tile(rows, start, t, basis.mean), t, width);
    const results = await run({ rows: centred, others });
    out.set(results["out"]!.data.subarray(0, (rows.count - start) * count), start * count);
  });
  return out;
}

/** Part of the variance along each component, 0..1; 0 where nothing varies. */
export function explainedRatios({ variances, totalVariance }: PrincipalBasis): number[] {
  return variances.map((value) => (totalVariance > 0 ? Math.min(1, value / totalVariance) : 0));
}
