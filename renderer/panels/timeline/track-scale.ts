/** Where a step lies on the timeline: one scale for ticks, curves and the pointer. */
import type { Timeline } from "../../store/timeline-state.ts";

export type Span = readonly [low: number, high: number];

/** Pixels to the left and to the right of the first and the last step, of plots and ticks alike, at text of 100 %. */
export const insets = { left: 54, right: 26 } as const;

/** From the first to the last step of checkpoints and curves; a single step has room on both sides. */
export function trackSpan({
  checkpoints,
  curves,
  scores,
}: Pick<Timeline, "checkpoints" | "curves" | "scores">): Span {
  const steps = [
    checkpoints[0]?.step,
    checkpoints.at(-1)?.step,
    curves.steps[0],
    curves.steps.at(-1),
    ...(scores?.models.map(({ step }) => step) ?? []),
  ].filter((step) => step !== undefined);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  if (!(low <= high)) return [0, 1];
  return low < high ? [low, high] : [low - 1, high + 1];
}

/** 0..1 from the first to the last step. */
export const partOf = (step: number, [low, high]: Span): number =>
  Math.min(1, Math.max(0, (step - low) / (high - low)));

/**
 * @param x pixels from the left end of the tracks, whose width is `width`
 * @param textScale 1 where text is as large as the page is made for
 */
export function stepUnder(x: number, width: number, [low, high]: Span, textScale = 1): number {
  const [left, right] = [insets.left * textScale, insets.right * textScale];
  const part = (x - left) / Math.max(1, width - left - right);
  return low + Math.min(1, Math.max(0, part)) * (high - low);
}
