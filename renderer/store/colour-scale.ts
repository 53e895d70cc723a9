/** The ends of the colour scale: one scale for all photographs on the stage, so that they compare. */
import type { Look } from "./look.ts";
import { allPanes, isLinked, seenIn } from "./seen.ts";
import { isHovered, shownMapOf } from "./selectors.ts";
import type { Pane } from "./view-state.ts";

export type Ends = readonly [number, number];

/** The scale that the maps themselves ask for; undefined where there is none. */
export function fittedRange(state: Look, pane: Pane = "main"): Ends | undefined {
  const ranges = panesOfScale(state, pane).flatMap((one) => {
    const range = rangeOf(state, one);
    return range ? [range] : [];
  });
  if (ranges.length === 0) return undefined;
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}

/** Panes that share one scale: those that show the same thing and have no scale of their own. */
function panesOfScale(state: Look, pane: Pane): Pane[] {
  if (!isLinked(state, pane, "range")) return [pane];
  const kind = kindOf(seenIn(state, pane));
  return allPanes(state).filter(
    (one) => isLinked(state, one, "range") && kindOf(seenIn(state, one)) === kind,
  );
}

const kindOf = (seen: Look) => (isHovered(seen) ? "cosine" : seen.view.probe);

/**
 * The smallest cosine rounded down to a tenth, up to 1, as the engine's own cosine maps are scaled.
 * Rounding also keeps the scale still while the pointer moves.
 */
export const cosineEnds = (low: number): Ends => [Math.floor(Math.min(low, 0.9) * 10) / 10, 1];

function rangeOf(state: Look, pane: Pane): Ends | undefined {
  if (isHovered(seenIn(state, pane))) {
    const over = state.cosine?.over[pane];
    return over && cosineEnds(over.low);
  }
  const map = shownMapOf(state, pane);
  return map?.kind === "scalar" ? map.range : undefined;
}

/** The scale that is drawn. */
export function shownRange(state: Look, pane: Pane = "main"): Ends | undefined {
  const fitted = fittedRange(state, pane);
  return fitted && chosenRange(state, fitted, pane);
}

/** The fitted scale, or what the view asks for instead. */
export function chosenRange(state: Look, fitted: Ends, pane: Pane = "main"): Ends {
  const seen = seenIn(state, pane);
  const { range } = seen.view;
  // Ends that were set by hand are in the unit of the main pane's map.
  const isOtherUnit = isLinked(state, pane, "range") && kindOf(seen) !== kindOf(state);
  if (range === "fit" || isOtherUnit) return fitted;
  if (range === "full") return isHovered(seen) ? [-1, 1] : fitted;
  return range;
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
