/** The checkpoints as ticks, those that are ready filled; a slider by keys. */
import { useMemo, type KeyboardEvent } from "react";
import { nearestAt } from "../../store/timeline-steps.ts";
import type { Timeline } from "../../store/timeline-state.ts";
import { formatCount } from "../numbers.ts";
import { useLookStore } from "../store-context.ts";
import { handleKey } from "../shortcuts.ts";
import { partOf, type Span } from "./track-scale.ts";

export function Scrubber({ timeline, span }: { timeline: Timeline; span: Span }) {
  const store = useLookStore();
  const { checkpoints, at, kept, broken, marks } = timeline;
  const index = at === undefined ? -1 : nearestAt(checkpoints, at);
  const ticks = useMemo(
    () =>
      ticksAt(
        checkpoints.map(({ step }) => step),
        span,
      ),
    [checkpoints, span],
  );
  const ready = useMemo(() => ticksAt([...kept], span), [kept, span]);
  const spoilt = useMemo(() => ticksAt([...broken.keys()], span), [broken, span]);
  const place = `${formatCount(index + 1)} of ${formatCount(checkpoints.length)}`;

  const onKeyDown = (event: KeyboardEvent) => {
    if (!handleKey(event.nativeEvent, store.getState(), "timeline")) return;
    event.preventDefault();
    // Elsewhere the arrows walk the patches.
    event.stopPropagation();
  };

  return (
    <div
      className="scrubber"
      role="slider"
      tabIndex={0}
      aria-label="Checkpoint"
      title="← and → step, with Shift by ten, Home and End; ↑ and ↓ the layers, Space plays"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, checkpoints.length)}
      aria-valuenow={Math.max(1, index + 1)}
      aria-valuetext={at === undefined ? "none yet" : `step ${formatCount(at)}, ${place}`}
      onKeyDown={onKeyDown}
    >
      <svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
        <path className="tick" d={ticks} />
        <path className="tick ready" d={ready} />
        <path className="tick broken" d={spoilt} />
      </svg>
      {marks.slice(0, 200).map(({ step, label }) => (
        <i
          key={`${step} ${label}`}
          className="event"
          title={`${label}, step ${formatCount(step)}`}
          style={{ left: `${100 * partOf(step, span)}%` }}
        />
      ))}
    </div>
  );
}

/** One path for all of them: a thousand elements would be slow to lay out. */
const ticksAt = (steps: readonly number[], span: Span): string =>
  steps.map((step) => `M${(1000 * partOf(step, span)).toFixed(2)} 3v10`).join("");
