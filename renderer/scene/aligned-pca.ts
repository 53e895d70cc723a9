/**
 * Components of two PCAs matched over one photograph. A component's sign and order carry no meaning:
 * two models give the same colours to the same things only when both are matched.
 */
import {
  componentOrders,
  mixedOrders,
  type PcaVariant,
} from "../../engine/protocol/pca-variant.ts";

/**
 * Which look of one picture is most like another's.
 *
 * @param rgb       float32 [p, 3] in 0..1 as the probe gives it, NaN where left out
 * @param reference the same of the picture that is imitated, on the same grid
 * @param look      how the reference is drawn
 * @returns how to draw the first: the assignment of components with the largest sum of absolute
 *   correlations, each with the sign of its correlation
 */
export function alignedVariant(
  rgb: Float32Array,
  reference: Float32Array,
  look: PcaVariant,
): PcaVariant {
  const correlation = Array.from({ length: 3 }, (_, i) =>
    Array.from({ length: 3 }, (_, j) => correlationOf(reference, i, rgb, j)),
  );
  const at = (mine: number, theirs: number) => correlation[theirs]![mine]!;
  const fit = (match: readonly number[]) =>
    match.reduce((sum, mine, theirs) => sum + Math.abs(at(mine, theirs)), 0);
  // match[i]: which of our components stands for the reference's component i.
  let match: readonly number[] = mixedOrders[0]!;
  for (const one of mixedOrders) if (fit(one) > fit(match) + 1e-9) match = one;
  const shown = componentOrders[look.order] ?? componentOrders[0];
  const channels = shown.map((theirs) => match[theirs]!);
  const order = componentOrders.findIndex((one) => one.every((c, i) => c === channels[i]));
  const signs = match.reduce((bits, mine, theirs) => {
    const isFlipped = (look.signs >> theirs) & 1;
    return bits | ((isFlipped ^ Number(at(mine, theirs) < 0)) << mine);
  }, 0);
  return { signs, order };
}

/** Pearson's, over the patches that both have; 0 where one of them does not vary. */
function correlationOf(a: Float32Array, i: number, b: Float32Array, j: number): number {
  let [n, sumA, sumB, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let p = 0; p + 2 < Math.min(a.length, b.length); p += 3) {
    const [x, y] = [a[p + i]!, b[p + j]!];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n++;
    sumA += x;
    sumB += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const varies = (n * aa - sumA * sumA) * (n * bb - sumB * sumB);
  return varies > 1e-12 ? (n * ab - sumA * sumB) / Math.sqrt(varies) : 0;
}
