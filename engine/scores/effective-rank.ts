/** How many directions the patches of an image use. */
import type { CosineMatrix } from "./similarities.ts";
import { symmetricEigenvalues } from "./spectrum.ts";

/** Singular values below this part of the largest are rounding of the products in float32. */
const leastSingular = 1e-3;

/**
 * exp of the entropy of the singular values divided by their sum (Roy & Vetterli 2007, The effective
 * rank, eq. 3), of the features as they are, not centred. RankMe (Garrido et al. 2023,
 * arXiv:2210.02885) takes the same number of one embedding per image; here it is of the patches of
 * one image.
 *
 * @param products [n, n] inner products of the patches, or of the channels
 * @returns in [1, min(P, d)]; 1 where all features are zero
 */
export function effectiveRank({ values, rows }: CosineMatrix): number {
  const eigenvalues = symmetricEigenvalues(Float64Array.from(values), rows);
  return rankOfSpectrum(eigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
}

/** @param singular values, descending */
export function rankOfSpectrum(singular: Float64Array): number {
  const kept = singular.filter((value) => value > leastSingular * singular[0]!);
  const total = kept.reduce((sum, value) => sum + value, 0);
  const entropy = kept.reduce((sum, value) => sum - (value / total) * Math.log(value / total), 0);
  return Math.exp(entropy);
}
