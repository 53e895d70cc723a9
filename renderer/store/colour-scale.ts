/** The ends of the colour scale: one scale for all photographs on the stage, so that they compare. */
import type { CosineMap } from "./feature-state.ts";
import type { Look } from "./look.ts";
import { answerOf, isHovered } from "./selectors.ts";

export type Ends = readonly [number, number];

/** The scale that the maps themselves ask for; undefined where there is none. */
export function fittedRange(state: Look): Ends | undefined {
  if (isHovered(state)) return state.cosine && cosineRange(state.cosine);
  const ranges = (["main", "second"] as const).flatMap((pane) => {
    const map = answerOf(state, pane)?.result.maps[state.shownMap];
    return map?.kind === "scalar" ? [map.range] : [];
  });
  if (ranges.length === 0) return undefined;
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}

/** The scale that is drawn. */
export function shownRange(state: Look): Ends | undefined {
  const fitted = fittedRange(state);
  return fitted && chosenRange(state, fitted);
}

/** The fitted scale, or what the view asks for instead. */
export function chosenRange(state: Look, fitted: Ends): Ends {
  const { range } = state.view;
  if (range === "fit") return fitted;
  if (range === "full") return isHovered(state) ? [-1, 1] : fitted;
  return range;
}

/**
 * The smallest cosine rounded down to a tenth, up to 1, as the engine's own cosine maps are scaled.
 * Rounding also keeps the scale still while the pointer moves.
 */
export function cosineRange({ main, second }: CosineMap): Ends {
  const low = Math.min(main.low, second?.low ?? 1);
  return [Math.floor(Math.min(low, 0.9) * 10) / 10, 1];
}

/** Ends that were dragged or typed: in order, apart, and short to write. */
export function heldRange([low, high]: Ends, [from, to]: Ends): Ends {
  const step = stepOf([from, to]);
  const near = (value: number) => Number((Math.round(value / step) * step).toPrecision(6));
  const [a, b] = [near(low), near(high)];
  return b - a >= step ? [a, b] : [a, Number((a + step).toPrecision(6))];
}

/** A hundredth of the way, as a round number: what a key moves an end by. */
export function stepOf([from, to]: Ends): number {
  return 10 ** Math.floor(Math.log10(Math.max(to - from, 1e-9) / 50));
}
