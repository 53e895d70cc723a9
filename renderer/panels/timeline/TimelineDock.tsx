/** Time along the bottom of the stage: play, the verdict, curves, ticks and layers under one cursor. */
import { lazy, Suspense, useMemo, useRef, useState, type PointerEvent } from "react";
import { baseName } from "../../store/base-name.ts";
import { nearestAt } from "../../store/timeline-steps.ts";
import { paces, type Timeline } from "../../store/timeline-state.ts";
import { withKeys } from "../actions/registry.ts";
import { Icon } from "../Icon.tsx";
import { adviceOf, type Advice } from "../measure/advice.ts";
import { formatCount } from "../numbers.ts";
import { useLook } from "../store-context.ts";
import { LayerAxis } from "./LayerAxis.tsx";
import { Scrubber } from "./Scrubber.tsx";
import { useTrackRows } from "./track-rows.ts";
import { insets, partOf, stepUnder, trackSpan } from "./track-scale.ts";
import { Words } from "../learn/Words.tsx";

/** Charts are loaded when there is something to draw. */
const TimelineCurves = lazy(async () => ({
  default: (await import("./TimelineCurves.tsx")).TimelineCurves,
}));

export function TimelineDock() {
  const timeline = useLook((state) => state.timeline);
  return timeline && <Dock timeline={timeline} />;
}

function Dock({ timeline }: { timeline: Timeline }) {
  const host = useRef<HTMLElement>(null);
  const roomy = useTrackRows(host);
  const [isAsked, ask] = useState<boolean>();
  const isOpen = isAsked ?? roomy > 0;
  const { checkpoints, problem } = timeline;
  return (
    <section ref={host} className="timeline" aria-label="Timeline">
      <DockHeader timeline={timeline} isOpen={isOpen} onOpen={ask} />
      {problem && (
        <p className="timeline-problem" role="alert">
          <b>Error</b> {problem.message}
          {checkpoints.length > 0 && " What is on screen stays."}
          {problem.hint !== undefined && <span className="faint"> {problem.hint}</span>}
        </p>
      )}
      {checkpoints.length > 0 ? (
        <div className={isOpen ? "timeline-body" : "timeline-body closed"}>
          <Tracks timeline={timeline} rows={isOpen ? Math.max(1, roomy) : 0} />
          {isOpen && <LayerAxis />}
        </div>
      ) : (
        !problem && (
          <p className="timeline-empty">
            <Words>
              {timeline.isGrowing
                ? "No checkpoint yet; the first appears here when the run has written it."
                : "Reading the run, which has shown no checkpoint so far."}
            </Words>
          </p>
        )
      )}
    </section>
  );
}

function DockHeader(props: {
  timeline: Timeline;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}) {
  const { timeline, isOpen, onOpen } = props;
  const { folder, checkpoints, at, hold, isPlaying, pace, scores } = timeline;
  const isPca = useLook((state) => state.view.probe === "pca");
  const isHeld = useLook((state) => state.view.basis === "run");
  const { play, pause, setPace, goTo, holdHere } = useActions();
  const advice = useMemo(() => scores && adviceOf(scores), [scores]);
  const best = scores?.degradation?.recommendation;
  const index = at === undefined ? -1 : nearestAt(checkpoints, at);
  const canPlay = checkpoints.length > 1;
  return (
    <header>
      <button
        className="play"
        aria-label={isPlaying ? "Pause" : "Play"}
        title={
          canPlay
            ? withKeys("Play through the checkpoints", "play")
            : "There is one checkpoint to show"
        }
        disabled={!canPlay}
        onClick={isPlaying ? pause : play}
      >
        <Icon name={isPlaying ? "pause" : "play"} />
      </button>
      <select
        aria-label="Speed"
        title="Checkpoints a second; one that is not ready is waited for"
        value={pace}
        onChange={({ target }) => setPace(Number(target.value))}
      >
        {paces.map((one) => (
          <option key={one} value={one}>
            {one}/s
          </option>
        ))}
      </select>
      <button
        aria-label="Charts of the run"
        aria-expanded={isOpen}
        title={isOpen ? "Close the curves: more room for the photograph" : "Open the curves"}
        onClick={() => onOpen(!isOpen)}
      >
        <Icon name="curves" />
      </button>
      <strong title={folder}>{baseName(folder)}</strong>
      {at !== undefined && (
        <span className="place num">
          step {formatCount(at)}
          <span className="faint">
            {" "}
            {formatCount(index + 1)} of {formatCount(checkpoints.length)}
          </span>
        </span>
      )}
      <span className="spring" />
      {isPca && hold !== undefined && (!isHeld || hold !== at) && (
        <button
          title={`The PCA's basis is ${isHeld ? `held from step ${formatCount(hold)}` : "not held"}: fit it on this step, and keep it over the run`}
          onClick={holdHere}
        >
          Hold this basis
        </button>
      )}
      {advice && <Verdict advice={advice} />}
      {best?.kind === "teacher" && best.step !== at && (
        <button title="Show the recommended Gram teacher" onClick={() => goTo(best.step)}>
          Go to {formatCount(best.step)}
        </button>
      )}
    </header>
  );
}

const tones = { fading: "▼", fine: "✓", unclear: "?" } as const;

function Verdict({ advice }: { advice: Advice }) {
  return (
    <span
      className={`dock-verdict ${advice.tone}`}
      title={`${advice.sentence} ${advice.remarks.join(" ")}`}
    >
      <b aria-hidden="true">{tones[advice.tone]}</b> <Words>{advice.headline}</Words>
    </span>
  );
}

function useActions() {
  const play = useLook((state) => state.play);
  const pause = useLook((state) => state.pause);
  const setPace = useLook((state) => state.setPace);
  const goTo = useLook((state) => state.goTo);
  const holdHere = useLook((state) => state.holdHere);
  return { play, pause, setPace, goTo, holdHere };
}

/** Curves and ticks: pressed and dragged anywhere, they scrub. */
function Tracks({ timeline, rows }: { timeline: Timeline; rows: number }) {
  const host = useRef<HTMLDivElement>(null);
  const goTo = useLook((state) => state.goTo);
  const pause = useLook((state) => state.pause);
  const textSize = useLook(({ settings }) => settings.textSize);
  const { checkpoints, curves, scores, at } = timeline;
  const span = useMemo(
    () => trackSpan({ checkpoints, curves, scores }),
    [checkpoints, curves, scores],
  );

  const scrub = (event: PointerEvent) => {
    const box = host.current!.getBoundingClientRect();
    const under = stepUnder(event.clientX - box.left, box.width, span, textSize / 100);
    const nearest = checkpoints[nearestAt(checkpoints, under)];
    if (nearest) goTo(nearest.step, event.timeStamp);
  };
  const hasCurves = curves.steps.length > 0 || (scores?.models.length ?? 0) > 0;
  return (
    <div
      ref={host}
      className="tracks"
      style={
        {
          "--inset-left": `calc(${insets.left}px * var(--text))`,
          "--inset-right": `calc(${insets.right}px * var(--text))`,
        } as React.CSSProperties
      }
      onPointerDown={(event) => {
        if (event.button !== 0 || (event.target as Element).closest("select, button")) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        host.current!.querySelector<HTMLElement>("[role=slider]")?.focus();
        pause();
        scrub(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) scrub(event);
      }}
    >
      {hasCurves && rows > 0 && (
        <Suspense fallback={<div className="track-plot" />}>
          <TimelineCurves timeline={timeline} span={span} most={rows} />
        </Suspense>
      )}
      <Scrubber timeline={timeline} span={span} />
      {at !== undefined && (
        <div className="timeline-area" aria-hidden="true">
          <i className="timeline-cursor" style={{ left: `${100 * partOf(at, span)}%` }} />
        </div>
      )}
    </div>
  );
}
