/** Patches as foreground or background, and scores of patches as a mask of the picture. */
import { ignored, type SegmentedImage } from "../labels/labelled.ts";
import type { Rows } from "../probes/rows.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { logisticScores, type LogisticModel } from "./logistic-regression.ts";
import { upsample } from "./upsample.ts";

export interface ForegroundSettings {
  /** Classes that are foreground. */
  readonly foreground: readonly number[];
  /** A patch is kept below the one and above the other part of foreground pixels. */
  readonly kept: readonly [below: number, above: number];
  /** Side in patches of the median filter over the scores, odd; 1 for none. */
  readonly median: number;
}

/** Patches that lie wholly on one side. */
export interface KeptPatches {
  readonly rows: Rows;
  /** 1 is foreground. */
  readonly labels: Uint8Array;
}

export interface ForegroundMap {
  /** Probability of foreground by patch, after the median filter; [rows * cols] */
  readonly scores: Float32Array;
  readonly rows: number;
  readonly cols: number;
  /** [height, width], 1 where the enlarged scores are above a half. */
  readonly mask: Uint8Array;
  /** [height, width], 1 foreground, {@link ignored} where it counts for nothing. */
  readonly truth: Uint8Array;
}

export function keptPatches(
  { patches, rows, cols, width }: FrozenFeatures,
  item: SegmentedImage,
  settings: ForegroundSettings,
): KeptPatches {
  const parts = foregroundParts(item, rows, cols, settings);
  const [below, above] = settings.kept;
  const kept = Array.from(parts.keys()).filter((i) => parts[i]! < below || parts[i]! > above);
  const data = new Float32Array(kept.length * width);
  kept.forEach((patch, k) =>
    data.set(patches.subarray(patch * width, (patch + 1) * width), k * width),
  );
  return {
    rows: { data, count: kept.length, width },
    labels: Uint8Array.from(kept, (patch) => (parts[patch]! > above ? 1 : 0)),
  };
}

export function joined(all: readonly KeptPatches[]): KeptPatches {
  const count = all.reduce((sum, { rows }) => sum + rows.count, 0);
  const width = all[0]?.rows.width ?? 0;
  const data = new Float32Array(count * width);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const own of all) {
    data.set(own.rows.data, at * width);
    labels.set(own.labels, at);
    at += own.rows.count;
  }
  return { rows: { data, count, width }, labels };
}

export function segment(
  { patches, rows, cols, width }: FrozenFeatures,
  item: SegmentedImage,
  model: LogisticModel,
  settings: ForegroundSettings,
): ForegroundMap {
  const raw = logisticScores({ data: patches, count: rows * cols, width }, model);
  const scores = medianFilter(raw, rows, cols, settings.median);
  const enlarged = upsample({ values: scores, rows, cols, channels: 1 }, item.picture, "bilinear");
  const mask = Uint8Array.from(enlarged, (value) => (value > 0.5 ? 1 : 0));
  return { scores, rows, cols, mask, truth: truthOf(item, settings) };
}

/** Pixels in both and in either, of those that count. */
export function overlapOf(mask: Uint8Array, truth: Uint8Array): [both: number, either: number] {
  let [both, either] = [0, 0];
  truth.forEach((value, i) => {
    if (value === ignored) return;
    if (value === 1 && mask[i] === 1) both++;
    if (value === 1 || mask[i] === 1) either++;
  });
  return [both, either];
}

/**
 * The middle of the values around each, edges repeated. The notebook's medfilt2d takes zeros beyond
 * the edge, which wears objects away at the picture's corners.
 * @param side odd
 */
export function medianFilter(
  values: Float32Array,
  rows: number,
  cols: number,
  side: number,
): Float32Array {
  const reach = (side - 1) / 2;
  const window = new Float32Array(side * side);
  return values.map((_, at) => {
    const [row, col] = [Math.floor(at / cols), at % cols];
    let k = 0;
    for (let y = row - reach; y <= row + reach; y++) {
      for (let x = col - reach; x <= col + reach; x++) {
        const insideY = Math.min(rows - 1, Math.max(0, y));
        window[k++] = values[insideY * cols + Math.min(cols - 1, Math.max(0, x))]!;
      }
    }
    return window.sort()[(side * side - 1) / 2]!;
  });
}

/** Part of each patch's counted pixels that are foreground; NaN where none counts. */
function foregroundParts(
  item: SegmentedImage,
  rows: number,
  cols: number,
  settings: ForegroundSettings,
): Float64Array {
  const { width, height } = item.picture;
  const truth = truthOf(item, settings);
  const inside = new Float64Array(rows * cols);
  const counted = new Float64Array(rows * cols);
  truth.forEach((value, at) => {
    if (value === ignored) return;
    const row = Math.floor(((Math.floor(at / width) + 0.5) * rows) / height);
    const col = Math.floor((((at % width) + 0.5) * cols) / width);
    inside[row * cols + col]! += value;
    counted[row * cols + col]! += 1;
  });
  return inside.map((value, patch) => value / counted[patch]!);
}

function truthOf({ mask }: SegmentedImage, { foreground }: ForegroundSettings): Uint8Array {
  const kind = new Uint8Array(256);
  for (const value of foreground) kind[value] = 1;
  kind[ignored] = ignored;
  return mask.map((value) => kind[value]!);
}
