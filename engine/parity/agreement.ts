/** How well two sets of tokens of the same pictures agree, as the numbers of a parity card. */
import { quantile, sorted } from "../probes/statistics.ts";
import type { ParityNumbers } from "../protocol/exporting.ts";
import { EngineError } from "../protocol/errors.ts";
import type { SeenTokens } from "./token-source.ts";

/** Of a picture's patches at most so many are asked for their nearest one; evenly spread. */
const mostQueries = 256;

/** Of a cosine of float32 rows: nearer than this, two are equal. */
const rounding = 2e-6;

/** What one picture adds. */
export interface PictureAgreement {
  /** Of every patch, in [-1, 1]; -1 where a value is not finite. */
  readonly cosines: Float64Array;
  readonly largestDifference: number;
  /** Patches that were asked for their nearest other one, and those that gave the same one. */
  readonly queries: number;
  readonly sameNearest: number;
  readonly notFinite: number;
}

/**
 * @throws EngineError "config.contradicts" where the two see another number of patches or channels
 */
export function comparePicture(original: SeenTokens, exported: SeenTokens): PictureAgreement {
  const { width: d, patches, all } = original;
  if (
    exported.width !== d ||
    exported.patches.length !== patches.length ||
    exported.all.length !== all.length
  ) {
    throw new EngineError(
      "config.contradicts",
      `The exported model: expected ${shapeOf(original)} as the original, received ${shapeOf(exported)}`,
      {
        hint: "Compare an export with the model that it was made from, with its own preprocessor.",
      },
    );
  }
  let [largestDifference, notFinite] = [0, 0];
  for (let i = 0; i < all.length; i++) {
    const value = exported.all[i]!;
    if (!Number.isFinite(value)) notFinite++;
    else largestDifference = Math.max(largestDifference, Math.abs(value - all[i]!));
  }
  const cosines = new Float64Array(patches.length / d);
  for (let row = 0; row < cosines.length; row++) {
    cosines[row] = cosine(patches, exported.patches, row * d, row * d, d);
  }
  return { cosines, largestDifference, notFinite, ...compareNearest(original, exported) };
}

/** Of at least one picture. */
export function summariseAgreement(pictures: readonly PictureAgreement[]): ParityNumbers {
  const cosines = sorted(pictures.flatMap((one) => [...one.cosines]));
  const total = (of: (one: PictureAgreement) => number) =>
    pictures.reduce((sum, one) => sum + of(one), 0);
  return {
    patches: cosines.length,
    cosine: {
      min: cosines[0]!,
      p1: quantile(cosines, 0.01),
      median: quantile(cosines, 0.5),
    },
    largestDifference: Math.max(...pictures.map((one) => one.largestDifference)),
    nearest: total(({ sameNearest }) => sameNearest) / total(({ queries }) => queries),
    notFinite: total(({ notFinite }) => notFinite),
  };
}

/**
 * Whether the other patch of largest cosine is the same one. One that is equally near in the
 * original, up to rounding, is as good: in a blank sky no patch is the nearest.
 */
function compareNearest(
  { patches, width: d }: SeenTokens,
  exported: SeenTokens,
): { queries: number; sameNearest: number } {
  const n = patches.length / d;
  if (n < 2) return { queries: 1, sameNearest: 1 };
  const [own, theirs] = [unitRows(patches, d), unitRows(exported.patches, d)];
  const queries = Math.min(n, mostQueries);
  let sameNearest = 0;
  for (let q = 0; q < queries; q++) {
    const row = Math.floor((q * n) / queries);
    const [best] = nearest(own, row, d);
    const [, index] = nearest(theirs, row, d);
    if (dotRows(own, row, index, d) >= best - rounding) sameNearest++;
  }
  return { queries, sameNearest };
}

function nearest(rows: Float32Array, row: number, d: number): [cosine: number, index: number] {
  let [best, index] = [-Infinity, row === 0 ? 1 : 0];
  for (let other = 0; other * d < rows.length; other++) {
    if (other === row) continue;
    const value = dotRows(rows, row, other, d);
    if (value > best) [best, index] = [value, other];
  }
  return [best, index];
}

function dotRows(rows: Float32Array, a: number, b: number, d: number): number {
  let sum = 0;
  for (let i = a * d, j = b * d, end = i + d; i < end; i++, j++) sum += rows[i]! * rows[j]!;
  return sum;
}

/** A row of zeros stays one; one that is not finite becomes one. */
function unitRows(rows: Float32Array, d: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += d) {
    let squares = 0;
    for (let i = start; i < start + d; i++) squares += rows[i]! ** 2;
    const scale = 1 / Math.sqrt(squares);
    if (!(scale > 0) || scale === Infinity) continue;
    for (let i = start; i < start + d; i++) out[i] = rows[i]! * scale;
  }
  return out;
}

/** Two rows of zeros are the same; a row of zeros has cosine 0 with any other. */
function cosine(a: Float32Array, b: Float32Array, i: number, j: number, d: number): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < d; k++) {
    const [x, y] = [a[i + k]!, b[j + k]!];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (!Number.isFinite(aa) || !Number.isFinite(bb)) return -1;
  if (aa === 0 || bb === 0) return aa === bb ? 1 : 0;
  return Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}

function shapeOf({ all, patches, width }: SeenTokens): string {
  return `${all.length / width} tokens with ${patches.length / width} patches of width ${width}`;
}
