/** Every score without labels: what it is, which way is good, what it is made of. */
import { scoreNames, type ScoreName } from "../protocol/comparison.ts";
import { effectiveRank } from "./effective-rank.ts";
import { locality, reach, similarityByDistance } from "./fall-off.ts";
import { gramDistance } from "./gram-distance.ts";
import { isolatedPeaks, mapRoughness } from "./map-noise.ts";
import { cycleConsistency, matchingAccuracy, matchingContrast, sameIndex } from "./matching.ts";
import { neighbourOrder } from "./neighbour-order.ts";
import type { ImageTokens, Similarities } from "./similarities.ts";
import { normOutliers, normRatio } from "./token-norms.ts";
import { cropInBase, type CropPlace, type ViewName } from "./views.ts";

export { scoreNames, type ScoreName };

/** Of one image; a score is absent where what it needs was not given. */
export type ImageScores = Readonly<Partial<Record<ScoreName, number>>>;

/** What scores are functions of. */
export interface MeasuredImage {
  readonly tokens: ImageTokens;
  readonly crop: CropPlace;
  readonly cosines: Similarities;
}

export interface Score {
  readonly title: string;
  /** In one line. */
  readonly formula: string;
  readonly unit: string;
  /** Infinity where it has no bound; P is the number of patches, d their width. */
  readonly range: readonly [low: number, high: number];
  readonly isBetter: "higher" | "lower" | "neither";
  readonly source: string;
  /** "before" is what base holds before the final norm. */
  readonly needs: readonly (ViewName | "before" | "partner" | "reference")[];
  /** A change that is too small to matter, in the score's unit. */
  readonly resolution: number;
  readonly of: (image: MeasuredImage) => number | undefined;
}

const ownChoice = "Gramscope";

export const scores: Readonly<Record<ScoreName, Score>> = {
  clsPatchCosine: {
    title: "CLS-patch cosine",
    formula: "mean over patches of cos(patch, CLS)",
    unit: "cosine",
    range: [-1, 1],
    isBetter: "lower",
    source: "DINOv3, fig. 5; dinov3.md F.1",
    needs: ["base"],
    resolution: 0.01,
    of: ({ cosines }) => meanOf(cosines.baseToCls.values),
  },
  locality: {
    title: "Locality",
    formula: "(near - far) / (1 - far); mean cosine of neighbours, of patches half a grid apart",
    unit: "",
    range: [-Infinity, 1],
    isBetter: "higher",
    source: `${ownChoice}, after DINOv3, section 4.1`,
    needs: ["base"],
    resolution: 0.01,
    of: ({ tokens, cosines }) =>
      locality(similarityByDistance(cosines.baseToBase, tokens.base), tokens.base),
  },
  reach: {
    title: "Reach of similarity",
    formula: "distance at which the mean cosine is half way from 1 to its value far away",
    unit: "patches",
    range: [0, Infinity],
    isBetter: "neither",
    source: ownChoice,
    needs: ["base"],
    resolution: 0.05,
    of: ({ tokens, cosines }) =>
      reach(similarityByDistance(cosines.baseToBase, tokens.base), tokens.base),
  },
  mapRoughness: {
    title: "Roughness of cosine maps",
    formula: "mean over patches of Geary's C of their cosine map",
    unit: "",
    range: [0, Infinity],
    isBetter: "lower",
    source: "Geary 1954; DINOv3, section 4.1 on noisy maps",
    needs: ["base"],
    resolution: 0.01,
    of: ({ tokens, cosines }) => mapRoughness(cosines.baseToBase, tokens.base),
  },
  isolatedPeaks: {
    title: "Isolated similar patches",
    formula: "of the brightest 5 % of each cosine map, the part without a bright neighbour",
    unit: "",
    range: [0, 1],
    isBetter: "lower",
    source: `${ownChoice}, after DINOv3, section 4.1`,
    needs: ["base"],
    resolution: 0.01,
    of: ({ tokens, cosines }) => isolatedPeaks(cosines.baseToBase, tokens.base),
  },
  shiftMatching: {
    title: "Found again after a shift",
    formula: "part of patches whose nearest in the view shifted by 1/4 patch is within one patch",
    unit: "",
    range: [0, 1],
    isBetter: "higher",
    source: ownChoice,
    needs: ["base", "shifted"],
    resolution: 0.01,
    of: ({ tokens, cosines: { baseToShifted } }) =>
      matchingAccuracy(baseToShifted, {
        own: sameIndex(baseToShifted.rows),
        gridCols: tokens.shifted.cols,
      }),
  },
  shiftContrast: {
    title: "Agreement after a shift",
    formula:
      "(own - other) / (1 - other); mean cosine with the same patch, with all others, shifted",
    unit: "",
    range: [-Infinity, 1],
    isBetter: "higher",
    source: ownChoice,
    needs: ["base", "shifted"],
    resolution: 0.01,
    of: ({ cosines: { baseToShifted } }) =>
      matchingContrast(baseToShifted, { own: sameIndex(baseToShifted.rows) }),
  },
  cropMatching: {
    title: "Found again in another crop",
    formula: "part of the crop's patches whose nearest in base is within one patch",
    unit: "",
    range: [0, 1],
    isBetter: "higher",
    source: ownChoice,
    needs: ["base", "crop"],
    resolution: 0.01,
    of: ({ tokens: { base }, crop, cosines }) =>
      matchingAccuracy(cosines.cropToBase, {
        own: cropInBase(crop, base.cols),
        gridCols: base.cols,
      }),
  },
  cropContrast: {
    title: "Agreement of two crops",
    formula: "(own - other) / (1 - other); mean cosine of crop and base",
    unit: "",
    range: [-Infinity, 1],
    isBetter: "higher",
    source: ownChoice,
    needs: ["base", "crop"],
    resolution: 0.01,
    of: ({ tokens: { base }, crop, cosines }) =>
      matchingContrast(cosines.cropToBase, { own: cropInBase(crop, base.cols) }),
  },
  resolutionMatching: {
    title: "Found again at twice the resolution",
    formula: "part of fine's 2 x 2 means whose nearest in the crop is within one patch",
    unit: "",
    range: [0, 1],
    isBetter: "higher",
    source: `${ownChoice}; dinov3.md F.3, high-resolution stability`,
    needs: ["crop", "fine"],
    resolution: 0.01,
    of: ({ tokens, cosines: { fineToCrop } }) =>
      matchingAccuracy(fineToCrop, {
        own: sameIndex(fineToCrop.rows),
        gridCols: tokens.crop.cols,
      }),
  },
  resolutionContrast: {
    title: "Agreement of two resolutions",
    formula: "(own - other) / (1 - other); mean cosine of fine's 2 x 2 means and the crop",
    unit: "",
    range: [-Infinity, 1],
    isBetter: "higher",
    source: `${ownChoice}; dinov3.md F.3, high-resolution stability`,
    needs: ["crop", "fine"],
    resolution: 0.01,
    of: ({ cosines: { fineToCrop } }) =>
      matchingContrast(fineToCrop, { own: sameIndex(fineToCrop.rows) }),
  },
  neighbourOrder: {
    title: "Stability of the order of neighbours",
    formula: "mean over patches of Spearman's rho of their cosines to the others, in crop and base",
    unit: "",
    range: [-1, 1],
    isBetter: "higher",
    source: "Spearman 1904",
    needs: ["base", "crop"],
    resolution: 0.01,
    of: ({ tokens: { base }, crop, cosines }) =>
      neighbourOrder(cosines.cropToCrop, cosines.baseToBase, cropInBase(crop, base.cols)),
  },
  cycleConsistency: {
    title: "There and back through another image",
    formula:
      "part of patches whose nearest in another image has its nearest within one patch of them",
    unit: "",
    range: [0, 1],
    isBetter: "higher",
    source: ownChoice,
    needs: ["base", "partner"],
    resolution: 0.01,
    of: ({ tokens: { base }, cosines: { baseToPartner } }) =>
      baseToPartner && cycleConsistency(baseToPartner, base.cols),
  },
  effectiveRank: {
    title: "Effective rank",
    formula: "exp(-sum p log p), p = singular values of the patches / their sum",
    unit: "directions",
    range: [1, Infinity],
    isBetter: "neither",
    source: "Roy & Vetterli 2007; RankMe (Garrido et al. 2023)",
    needs: ["base"],
    resolution: 0.5,
    of: ({ cosines }) => effectiveRank(cosines.products),
  },
  normOutliers: {
    title: "Norm outliers",
    formula:
      "part of patches longer, before the final norm, than max(median + 7.4 MAD, 1.5 median)",
    unit: "",
    range: [0, 1],
    isBetter: "lower",
    source: "DINOv3, appendix on artifacts; dinov3.md F.1",
    needs: ["base", "before"],
    resolution: 0.005,
    of: ({ tokens }) => normOutliers(tokens.base),
  },
  normRatio: {
    title: "Longest patch",
    formula: "longest / median length of the patches before the final norm",
    unit: "x",
    range: [1, Infinity],
    isBetter: "lower",
    source: "DINOv3, appendix on artifacts; dinov3.md F.1",
    needs: ["base", "before"],
    resolution: 0.05,
    of: ({ tokens }) => normRatio(tokens.base),
  },
  gramToFine: {
    title: "Gram distance to twice the resolution",
    formula:
      "mean (S_crop - S_fine)^2, S the cosines among the crop's patches, fine in 2 x 2 means",
    unit: "cosine^2",
    range: [0, 4],
    isBetter: "lower",
    source: "DINOv3, section 4.2 and 4.3; dinov3.md C.2",
    needs: ["crop", "fine"],
    resolution: 0.001,
    of: ({ cosines }) => gramDistance(cosines.cropToCrop, cosines.fineToFine),
  },
  gramToReference: {
    title: "Gram distance to the reference",
    formula: "mean (S - S_reference)^2, S the cosines among base's patches",
    unit: "cosine^2",
    range: [0, 4],
    isBetter: "neither",
    source: "DINOv3, section 4.2; dinov3.md C.2",
    needs: ["base", "reference"],
    resolution: 0.001,
    of: ({ cosines: { baseToBase, referenceToReference } }) =>
      referenceToReference && gramDistance(baseToBase, referenceToReference),
  },
};

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
