/** A live chart of one measure over the steps of one or more runs. */
import {
  useEffect,
  useEffectEvent,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { formatReading, formatStep, formatStepTick } from "../../engine/protocol/chart-numbers.ts";
import { movedStep, nearestStep, spanOf, valueUnder, type Curve, type Span } from "./curve-data.ts";
import { CurvePlot, type Band, type PlotFrame, type PlotLine } from "./curve-plot.ts";
import { plotOf, type ChartPicture } from "../../engine/protocol/chart-plot.ts";
import { CurveValues } from "./CurveValues.tsx";
import { makeSmoother } from "../../engine/protocol/growing-columns.ts";
import { SaveChart } from "./SaveChart.tsx";
import { useInSight } from "./in-sight.ts";
import type { StepNames } from "./plot-axes.ts";
import type { Mark, Shade } from "./plot-guides.ts";

/** Of arrays that only grow, or are others (growing.ts). */
export interface ChartSeries extends Curve {
  readonly key: string;
  readonly label: string;
  /** Of charts.css; from 6 on colours repeat, with dashes. */
  readonly colourIndex: number;
  /** Beside what the chart is about. */
  readonly faint?: boolean;
  readonly hasPoints?: boolean;
  readonly band?: Band;
}

export interface CurveChartProps {
  readonly title: string;
  /** The title as it is drawn, where that is more than its text. */
  readonly heading?: ReactNode;
  readonly unit?: string;
  /** The unit as it stands in the head, where it is more than text. */
  readonly shownUnit?: ReactNode;
  readonly series: readonly ChartSeries[];
  /** Weight of the past, 0 to 0.99. */
  readonly smoothing: number;
  readonly log: boolean;
  /** A line across, as ln K. */
  readonly reference?: { readonly value: number; readonly label: string };
  /** Lines down, as a new Gram teacher. */
  readonly marks?: readonly Mark[];
  /** A stretch that gets worse. */
  readonly shade?: Shade;
  /** Of values on the axis: smaller differences are not to look large. */
  readonly leastSpan?: number;
  /** Shared between charts. */
  readonly cursorStep: number | null;
  readonly onCursor: (step: number | null) => void;
  /** What is normal for this measure. */
  readonly note?: ReactNode;
  /** What the note is called: "What is normal". */
  readonly noteTitle?: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  /** Under the plot, in place of the values of all curves. */
  readonly caption?: ReactNode;
  /** Where the axis counts something else than steps. */
  readonly stepNames?: StepNames;
  /** Told what is shown when a person wants it as a figure; without it there is no button. */
  readonly onSave?: ((picture: ChartPicture) => void) | undefined;
}

type Guide = Pick<PlotFrame, "reference" | "marks" | "shade" | "leastSpan">;

const plainNames: StepNames = { room: 18, onAxis: formatStepTick, atCursor: formatStep };

export function CurveChart(props: CurveChartProps) {
  const {
    title,
    heading = title,
    unit,
    shownUnit = unit,
    series,
    smoothing,
    log,
    reference,
    marks = [],
    shade,
    leastSpan,
  } = props;
  const { note, noteTitle = "What is normal", aside, caption, stepNames = plainNames } = props;
  const { cursorStep, onCursor, onSave } = props;
  const titleId = useId();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot>(null);

  const [smooth] = useState(makeSmoother);
  const isInSight = useInSight(host);
  const smoothed = useMemo(
    () => series.map(({ steps, values }) => ({ steps, values: smooth(values, smoothing) })),
    [smooth, series, smoothing],
  );

  // A plot lives as long as its lines are the same: new points only redraw it.
  const lines = JSON.stringify(
    series.map(({ colourIndex, faint = false, hasPoints = false }): PlotLine => ({
      colourIndex,
      faint,
      hasPoints,
    })),
  );
  const [zoomed, setZoomed] = useState<{ lines: string; span: Span }>();
  const zoom = zoomed?.lines === lines ? zoomed.span : undefined;
  const whole = spanOf(series);
  const [low, high] = zoom ?? whole ?? [0, 1];
  const isZoomed = zoom !== undefined;
  const zoomTo = (span: Span | null) => setZoomed(span ? { lines, span } : undefined);

  const onPoint = useEffectEvent((at: number | null) => {
    const step = at === null ? null : (nearestStep(series, at) ?? null);
    if (step !== cursorStep) onCursor(step);
  });
  const onZoom = useEffectEvent((span: Span | null) => zoomTo(span));
  const onAxis = useEffectEvent((step: number) => stepNames.onAxis(step));
  const { room } = stepNames;
  const atCursor = useEffectEvent((step: number) => stepNames.atCursor(step));

  useEffect(() => {
    if (!host.current) return;
    const created = new CurvePlot(
      host.current,
      JSON.parse(lines) as PlotLine[],
      log,
      { onPoint: (at) => onPoint(at), onZoom: (span) => onZoom(span) },
      { room, onAxis: (step) => onAxis(step), atCursor: (step) => atCursor(step) },
    );
    plot.current = created;
    return () => {
      created.destroy();
      plot.current = null;
    };
  }, [lines, log, room]);

  // Compared by what they say: a caller writes them anew each time.
  const guide = JSON.stringify({ reference, marks, shade, leastSpan });
  useEffect(() => {
    // What nobody sees is drawn when it comes into sight.
    if (!isInSight) return;
    plot.current?.draw({
      ...(JSON.parse(guide) as Guide),
      curves: smoothed,
      raw: smoothing > 0 ? series : undefined,
      bands: series.map(({ band }) => band),
      span: [low, high],
      isZoomed,
    });
  }, [isInSight, lines, log, series, smoothed, smoothing, low, high, isZoomed, guide]);

  useEffect(() => plot.current?.pointAt(cursorStep), [lines, log, cursorStep]);

  const scaleBy = (factor: number) => {
    const middle = cursorStep ?? (low + high) / 2;
    const [from, to] = [low, high].map((end) => middle + (end - middle) * factor);
    const isWhole = !whole || (from! <= whole[0] && to! >= whole[1]);
    zoomTo(isWhole ? null : [Math.max(whole[0], from!), Math.min(whole[1], to!)]);
  };

  const onWheel = useEffectEvent((event: WheelEvent) => {
    const across = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    // A pinch on a touchpad arrives with Ctrl; a plain wheel scrolls the page.
    if (event.ctrlKey) scaleBy(Math.exp(event.deltaY * 0.01));
    else if (isZoomed && whole && across !== 0) {
      const wish = (across / Math.max(1, host.current?.clientWidth ?? 1)) * (high - low);
      const by = Math.min(whole[1] - high, Math.max(whole[0] - low, wish));
      zoomTo([low + by, high + by]);
    } else return;
    event.preventDefault();
  });
  useEffect(() => {
    const element = host.current;
    const listen = (event: WheelEvent) => onWheel(event);
    // React's own listeners cannot keep the page from scrolling.
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pace = event.shiftKey ? 10 : 1;
    const moveBy = (points: number) =>
      onCursor(movedStep(series, cursorStep ?? undefined, points) ?? null);
    const actions: Record<string, () => void> = {
      ArrowLeft: () => moveBy(-pace),
      ArrowRight: () => moveBy(pace),
      Home: () => onCursor(whole?.[0] ?? null),
      End: () => onCursor(whole?.[1] ?? null),
      Escape: () => onCursor(null),
      "+": () => scaleBy(1 / 2),
      "=": () => scaleBy(1 / 2),
      "-": () => scaleBy(2),
      "0": () => zoomTo(null),
    };
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
    // The page has uses of its own for these keys.
    event.stopPropagation();
  };

  const save = () => {
    const { clientWidth, clientHeight } = host.current!;
    const drawn = series.map((curve, i) => ({ ...curve, values: smoothed[i]!.values }));
    const isNamed = stepNames !== plainNames && stepNames.onAxis !== formatStepTick;
    onSave?.({
      title,
      aspect: clientWidth / Math.max(1, clientHeight),
      smoothing,
      plot: plotOf({
        unit: unit ?? "",
        curves: drawn,
        raw: smoothing > 0 ? series.map(({ band: _, ...curve }) => curve) : [],
        span: [low, high],
        values: plot.current?.valueRange,
        isLog: log,
        reference,
        marks,
        shade,
        nameOfStep: isNamed ? stepNames.atCursor : undefined,
      }),
    });
  };

  const shownStep = cursorStep ?? whole?.[1];
  return (
    <figure className={whole ? "curve" : "curve empty"} aria-labelledby={titleId}>
      <header>
        <h3 id={titleId}>
          {heading}
          {unit && <span className="num">{shownUnit}</span>}
        </h3>
        {aside}
        {isZoomed && (
          <button title="Show all steps (double click, or 0)" onClick={() => zoomTo(null)}>
            All steps
          </button>
        )}
        {onSave && whole && <SaveChart of={title} onSave={save} />}
        {note !== undefined && (
          <details className="curve-note">
            <summary aria-label={`${noteTitle}: ${title}`}>{noteTitle}</summary>
            <p>{note}</p>
          </details>
        )}
      </header>
      <div
        ref={host}
        className="curve-plot"
        role="slider"
        tabIndex={0}
        title="Drag or pinch to zoom, scroll sideways to move, double click for all steps; ← and → move the cursor, + and − zoom"
        aria-label={`Step, ${title}`}
        aria-valuemin={whole?.[0] ?? 0}
        aria-valuemax={whole?.[1] ?? 0}
        aria-valuenow={shownStep ?? 0}
        aria-valuetext={
          shownStep === undefined ? "no steps yet" : spoken(series, shownStep, stepNames)
        }
        onKeyDown={onKeyDown}
      />
      <figcaption>
        {caption !== undefined ? (
          caption
        ) : whole ? (
          <CurveValues
            series={series}
            smoothed={smoothing > 0 ? smoothed : undefined}
            cursorStep={cursorStep}
          />
        ) : (
          <p className="faint">No steps yet</p>
        )}
      </figcaption>
    </figure>
  );
}

function spoken(series: readonly ChartSeries[], step: number, names: StepNames): string {
  const values = series.slice(0, 4).flatMap((curve) => {
    const value = valueUnder(curve, step);
    return value === undefined ? [] : `${curve.label} ${formatReading(value)}`;
  });
  const place = names === plainNames ? `step ${formatStep(step)}` : names.atCursor(step);
  return [place, ...values].join(", ");
}
