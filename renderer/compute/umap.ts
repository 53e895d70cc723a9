/**
 * Points in three dimensions by UMAP (McInnes, Healy, Melville 2018, arXiv:1802.03426): neighbours
 * by cosine, found exactly; a start along the principal components, which keeps the large distances
 * in order (Kobak and Linderman 2021, doi:10.1038/s41587-020-00809-z); draws from a seed.
 */
import { UMAP } from "umap-js";
import { nearestRows, type Nearest } from "./nearest-rows.ts";
import { seededDraws } from "./seeded-draws.ts";
import { umapSettings, umapSteps } from "./umap-steps.ts";
import { UnitRows } from "./unit-rows.ts";

/** The layout is fitted on at most so many points. */
export const mostFitted = 4096;
const { neighbours, minDistance } = umapSettings;
/** As umap-learn takes for many points; from a start along the components they are enough for few. */
const epochsWanted = 200;
const dimensions = 3;
/** The start is as wide as umap-learn makes it. */
const startRadius = 10;
/** Of the whole work, as it was measured for 4,096 points of 384 values. */
const searchPart = 0.4;

export interface UmapInput {
  /** float16 bit patterns [p, d] */
  readonly bits: Uint16Array<ArrayBuffer>;
  readonly d: number;
  /** Where the points start, float32 [p, 3]; only their proportions count. */
  readonly start: Float32Array<ArrayBuffer>;
  readonly seed: number;
}

export interface UmapLayout {
  /** float32 [p, 3] */
  readonly coordinates: Float32Array<ArrayBuffer>;
  /** How many points it was fitted on; the others lie at the weighted mean of their nearest of those. */
  readonly fitted: number;
}

/**
 * @param onProgress part of the work that is done, 0..1
 * @param limits     for tests: fewer fitted points, fewer epochs
 */
export function umapLayout(
  { bits, d, start, seed }: UmapInput,
  onProgress: (fraction: number, label: string) => void,
  { most = mostFitted, epochs = epochsWanted } = {},
): UmapLayout {
  const count = bits.length / d;
  const k = Math.min(neighbours, Math.min(count, most) - 1);
  // Fewer than these have no neighbourhoods to speak of.
  if (k < 3) return { coordinates: start.slice(), fitted: count };
  const random = seededDraws(seed);
  const sample = drawn(count, most, random);
  const rows = new UnitRows(bits, new Float32Array(0), d);
  const nearest = nearestRows(rows, count, sample, k - 1, (part) =>
    onProgress(searchPart * part, umapSteps.search),
  );
  onProgress(searchPart, umapSteps.place);
  const fitted = fit(nearest, sample, { start, random, epochs }, (part) =>
    onProgress(searchPart + (1 - searchPart) * part, umapSteps.place),
  );
  return { coordinates: placeAll(nearest, sample, fitted, count), fitted: sample.length };
}

/** Indices in ascending order; all of them where there are few enough. */
function drawn(count: number, most: number, random: () => number): Int32Array {
  const all = Int32Array.from({ length: count }, (_, i) => i);
  if (count <= most) return all;
  // The first places of a shuffle (Fisher and Yates) are a fair sample.
  for (let i = 0; i < most; i++) {
    const j = i + Math.floor(random() * (count - i));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, most).sort();
}

/** @returns [sample.length][3] */
function fit(
  { k, places, cosines }: Nearest,
  sample: Int32Array,
  { start, random, epochs }: { start: Float32Array; random: () => number; epochs: number },
  onProgress: (part: number) => void,
): number[][] {
  const indices: number[][] = [];
  const distances: number[][] = [];
  sample.forEach((row, i) => {
    // The point itself comes first, as umap-js expects.
    indices.push([i, ...places.subarray(row * k, (row + 1) * k)]);
    const own = cosines.subarray(row * k, (row + 1) * k);
    distances.push([0, ...Array.from(own, (cosine) => Math.max(0, 1 - cosine))]);
  });
  const umap = new UMAP({
    nComponents: dimensions,
    nNeighbors: k + 1,
    nEpochs: epochs,
    minDist: minDistance,
    random,
  });
  umap.setPrecomputedKNN(indices, distances);
  // Only how many there are is read: neighbours are known, and nothing is added later.
  umap.initializeFit(indices);
  const points = umap.getEmbedding();
  const scale = startRadius / (widest(start) || 1);
  points.forEach((point, i) => {
    // A little noise parts the points that have one place.
    for (let c = 0; c < dimensions; c++) {
      point[c] = start[dimensions * sample[i]! + c]! * scale + 1e-3 * (random() - 0.5);
    }
  });
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    onProgress((epoch + 1) / epochs);
  }
  return umap.getEmbedding();
}

function widest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** Those that were not fitted lie at the mean of their nearest, the nearest weighing most. */
function placeAll(
  { k, places, cosines }: Nearest,
  sample: Int32Array,
  fitted: readonly (readonly number[])[],
  count: number,
): Float32Array<ArrayBuffer> {
  const coordinates = new Float32Array(count * dimensions);
  const isFitted = new Uint8Array(count);
  sample.forEach((row, i) => {
    isFitted[row] = 1;
    coordinates.set(fitted[i]!, row * dimensions);
  });
  for (let row = 0; row < count; row++) {
    if (isFitted[row]) continue;
    const own = cosines.subarray(row * k, (row + 1) * k);
    const best = own[0]!;
    const spread = own.reduce((sum, cosine) => sum + (best - cosine), 0) / k || 1;
    let total = 0;
    for (let j = 0; j < k; j++) {
      const weight = Math.exp((own[j]! - best) / spread);
      const point = fitted[places[row * k + j]!]!;
      total += weight;
      for (let c = 0; c < dimensions; c++) {
        coordinates[row * dimensions + c]! += weight * point[c]!;
      }
    }
    for (let c = 0; c < dimensions; c++) coordinates[row * dimensions + c]! /= total;
  }
  return coordinates;
}
