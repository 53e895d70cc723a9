/** A curve or two over the ticks: what a comparison scored, and what the run logged. */
import { useEffect, useMemo, useRef, useState } from "react";
import { formatReading, formatStepTick } from "../../../engine/protocol/chart-numbers.ts";
import { teacherMarks } from "../../../engine/protocol/run-marks.ts";
import { plotOf } from "../../../engine/protocol/chart-plot.ts";
import { valueUnder, type Curve } from "../../charts/curve-data.ts";
import { CurvePlot, type Band } from "../../charts/curve-plot.ts";
import { SaveChart } from "../../charts/SaveChart.tsx";
import type { Mark } from "../../charts/plot-guides.ts";
import { baseName } from "../../store/base-name.ts";
import type { Timeline } from "../../store/timeline-state.ts";
import { curvesPane, runLines } from "../../../engine/protocol/chart-pane.ts";
import { useLook } from "../store-context.ts";
import { notCurves, tracksOf, type Track } from "./timeline-tracks.ts";
import { insets, type Span } from "./track-scale.ts";
import { Words } from "../learn/Words.tsx";

/** @param props.most rows for which there is room */
export function TimelineCurves(props: { timeline: Timeline; span: Span; most: number }) {
  const { timeline, span, most } = props;
  const { curves, scores, marks, at } = timeline;
  const tracks = useMemo(() => tracksOf(curves, scores), [curves, scores]);
  const shown = useMemo((): Mark[] => [...teacherMarks(scores), ...marks], [scores, marks]);
  const [chosen, setChosen] = useState<readonly (string | undefined)[]>([undefined, undefined]);
  const rows = [0, 1].slice(0, most).flatMap((row) => {
    const track = tracks.find(({ key }) => key === chosen[row]) ?? tracks[row];
    return track && (row === 0 || tracks.length > 1) ? [track] : [];
  });
  return rows.map((track, row) => (
    <TrackRow
      key={row}
      track={track}
      tracks={tracks}
      span={span}
      marks={shown}
      hasLabels={row === 0}
      hasSteps={row === rows.length - 1}
      at={at}
      onChoose={(key) => setChosen(chosen.map((one, i) => (i === row ? key : one)))}
    />
  ));
}

function TrackRow(props: {
  track: Track;
  tracks: readonly Track[];
  span: Span;
  marks: readonly Mark[];
  hasLabels: boolean;
  hasSteps: boolean;
  at: number | undefined;
  onChoose: (key: string) => void;
}) {
  const { track, tracks, span, marks, hasLabels, hasSteps, at, onChoose } = props;
  const folder = useLook((state) => state.timeline?.folder ?? "");
  const openFigure = useLook((state) => state.openFigure);
  const save = () => {
    const { title, unit, about, curve, band } = track;
    const hasPoints = curve.steps.length <= mostPoints;
    const plot = plotOf({
      unit,
      curves: [{ ...curve, label: baseName(folder), colourIndex: 0, hasPoints, band }],
      raw: [],
      span,
      values: undefined,
      isLog: false,
      marks,
    });
    const lines = [
      ...runLines(baseName(folder), folder),
      { label: "About", text: about, isUnsaid: true },
    ];
    const pane = curvesPane({ title, plot, aspect: 3, smoothing: 0 }, lines);
    openFigure(true, { subject: baseName(folder), panes: [pane] });
  };
  const value = at === undefined ? undefined : valueUnder(track.curve, at);
  return (
    <div className="track">
      <div className="track-name">
        <select
          aria-label="Curve"
          title={track.about}
          value={track.key}
          onChange={({ target }) => onChoose(target.value)}
        >
          {tracks.map(({ key, title }) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </select>
        <output className="num">
          {value === undefined || Number.isNaN(value) ? "–" : formatReading(value)}{" "}
          <Words>{track.unit}</Words>
        </output>
        <SaveChart of={track.title} onSave={save} />
      </div>
      <TrackPlot curve={track.curve} band={track.band} {...{ span, marks, hasLabels, hasSteps }} />
    </div>
  );
}

/** Each of them is marked as long as they are few. */
const mostPoints = 60;

function TrackPlot(props: {
  curve: Curve;
  band: Band | undefined;
  span: Span;
  marks: readonly Mark[];
  hasLabels: boolean;
  hasSteps: boolean;
}) {
  const { curve, band, span, marks, hasLabels, hasSteps } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot>(null);
  const hasPoints = curve.steps.length <= mostPoints;

  useEffect(() => {
    const created = new CurvePlot(
      host.current!,
      [{ colourIndex: 0, faint: false, hasPoints }],
      false,
      notCurves,
      {
        room: insets.right,
        axisRooms: { values: insets.left, steps: hasSteps ? 22 : 0 },
        onAxis: formatStepTick,
        atCursor: formatStepTick,
      },
    );
    plot.current = created;
    return () => {
      created.destroy();
      plot.current = null;
    };
  }, [hasPoints, hasSteps]);

  useEffect(() => {
    plot.current?.draw({
      curves: [curve],
      raw: undefined,
      bands: [band],
      span,
      isZoomed: false,
      // Said once: the rows lie under each other.
      marks: hasLabels ? marks : marks.map((mark) => ({ ...mark, label: "" })),
    });
  }, [curve, band, span, marks, hasLabels, hasPoints, hasSteps]);

  return <div ref={host} className={hasSteps ? "track-plot with-steps" : "track-plot"} />;
}
