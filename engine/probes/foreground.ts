/**
 * Foreground without labels: the first principal component splits most photographs into object and
 * surround (Oquab et al. 2023, DINOv2, arXiv:2304.07193, sec. 7.5); here the split is Otsu's.
 */
import type { ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { maskMap, scalarMap } from "./maps.ts";
import { explainedRatios, fitPrincipal, project } from "./principal.ts";
import { patchRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { figure, recipeOf } from "./recipe.ts";
import { extent, sorted } from "./statistics.ts";

export interface Foreground {
  /** First principal component float32 [P], signed so that the foreground is above the threshold. */
  readonly component: Float32Array;
  /** uint8 [P], 1 is foreground. All 0 where the features do not vary. */
  readonly mask: Uint8Array;
  readonly threshold: number;
  /** Variance between the two classes over all variance, 0..1: how clear the split is. */
  readonly separability: number;
  /** Explained variance ratio of the component. */
  readonly explained: number;
}

export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  _options: ProbeOptions<"foreground">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const { component, mask, threshold, separability, explained } = await separateForeground(
    features,
    context,
  );
  const { grid } = features.geometry;
  const covered = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  // The threshold in the middle, so that a diverging map shows the two sides.
  const [low, high] = extent(component);
  const reach = Math.max(high - threshold, threshold - low);
  return {
    probe: "foreground",
    maps: [
      maskMap("foreground", grid, mask),
      scalarMap(
        "first principal component",
        grid,
        component,
        [threshold - reach, threshold + reach],
        "component 1",
      ),
    ],
    tokens: [],
    marks: [],
    numbers: [
      figure("covered", 100 * covered, "% of patches"),
      figure("threshold", threshold, "component 1"),
      figure("separability", separability, "of 1"),
      figure("explained variance", 100 * explained, "%"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "first principal component of the centred patches"],
      ["Threshold", `${foregroundRule}: ${threshold.toPrecision(4)}`],
    ]),
  };
}

export const foregroundRule =
  "Otsu over the first component, signed so that at most half of the image border is foreground";

/**
 * Otsu's threshold rather than 0: 0 is the mean, which lies inside the background's own spread as
 * soon as the object is small. Both splits ignore the component's sign; the border decides it.
 */
export async function separateForeground(
  features: FeatureMap,
  context: ProbeContext,
): Promise<Foreground> {
  const rows = patchRows(features);
  const basis = await fitPrincipal([rows], features.width, 1, context);
  const component = await project(rows, basis, context);
  const split = otsu(component);
  const mask = new Uint8Array(component.length);
  if (!split) return { component, mask, threshold: 0, separability: 0, explained: 0 };

  const border = borderIndices(features.geometry.grid);
  const above = border.filter((index) => component[index]! > split.threshold).length;
  const isFlipped = 2 * above > border.length;
  component.forEach((value, index) => {
    mask[index] = value > split.threshold !== isFlipped ? 1 : 0;
    if (isFlipped) component[index] = -value;
  });
  const threshold = isFlipped ? -split.threshold : split.threshold;
  const explained = explainedRatios(basis)[0]!;
  return { component, mask, threshold, separability: split.separability, explained };
}

/**
 * The two-class split of largest between-class variance (Otsu 1979), over the values themselves
 * rather than a histogram. The threshold lies midway between the two neighbours it parts.
 *
 * @returns undefined where all values are equal
 */
export function otsu(
  values: Float32Array,
): { threshold: number; separability: number } | undefined {
  const ascending = sorted(values);
  const n = ascending.length;
  const total = ascending.reduce((sum, value) => sum + value, 0);
  const mean = total / n;
  const variance = ascending.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  let below = 0;
  let best = 0;
  let threshold: number | undefined;
  for (let i = 1; i < n; i++) {
    below += ascending[i - 1]!;
    // Values as close as their float32 rounding belong together.
    const middle = Math.fround((ascending[i - 1]! + ascending[i]!) / 2);
    if (!(ascending[i]! > middle && ascending[i - 1]! <= middle)) continue;
    const between = (below - i * mean) ** 2 / (i * (n - i));
    if (between > best) {
      best = between;
      threshold = middle;
    }
  }
  return threshold === undefined ? undefined : { threshold, separability: best / variance };
}

/** Row-major indices of the outermost patches, each once. */
function borderIndices({ rows, cols }: { rows: number; cols: number }): number[] {
  return Array.from({ length: rows * cols }, (_, index) => index).filter((index) => {
    const r = Math.floor(index / cols);
    const c = index % cols;
    return r === 0 || c === 0 || r === rows - 1 || c === cols - 1;
  });
}
