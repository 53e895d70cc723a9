/** The drawing of a chart, kept over all its updates: uPlot with our colours, marks, cursor and zoom. */
import "./valid-language.ts";
import uPlot from "uplot";
import { curveDash } from "../../engine/protocol/curve-colours.ts";
import {
  curveColour,
  onStyleChange,
  readColours,
  translucent,
  type ChartColours,
} from "./chart-colours.ts";
import {
  alignCurves,
  hideNonPositive,
  isSinglePoint,
  type Curve,
  type Span,
} from "./curve-data.ts";
import { drawInTurn, forgetDrawing } from "./draw-queue.ts";
import { drawGuides, type Guides } from "./plot-guides.ts";
import { axesOf, type StepNames } from "./plot-axes.ts";
import { rangeOfValues } from "./value-axis.ts";

/** What stays as long as a plot lives. */
export interface PlotLine {
  readonly colourIndex: number;
  readonly faint: boolean;
  /** Every point is marked: there are few, and each is a thing of its own. */
  readonly hasPoints: boolean;
}

/** Ends of an interval around a curve, at its steps. */
export interface Band {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/** What a plot shows now. */
export interface PlotFrame extends Guides {
  /** One for each line; `raw` lies faintly behind where something is smoothed. */
  readonly curves: readonly Curve[];
  readonly raw: readonly Curve[] | undefined;
  /** One for each line, where it has one. */
  readonly bands?: readonly (Band | undefined)[];
  readonly isZoomed: boolean;
  /** Of values on the axis: smaller differences are not to look large. */
  readonly leastSpan?: number;
}

export interface PlotEvents {
  /** Under the pointer; null where it left. */
  onPoint(step: number | null): void;
  /** Dragged over; null: everything again. */
  onZoom(span: Span | null): void;
}

// uPlot's enum is a const one: there is nothing of it to import when files are compiled one by one.
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const logarithmic: Pick<uPlot.Scale, "distr"> = { distr: 3 };
const nothing: Curve = { steps: [], values: [] };
const smallestDrag = 4;
const curveWidth = 1.6;
const rawWidth = 1;
/** What is between two of them is filled. */
const edgeOfBand: uPlot.Series = { width: 0, points: { show: false } };

export class CurvePlot {
  private plot: uPlot;
  private readonly cursor = document.createElement("div");
  private readonly observer: ResizeObserver;
  private readonly endStyles: () => void;
  private colours: ChartColours;
  private frame: PlotFrame | undefined;
  private cursorStep: number | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly lines: readonly PlotLine[],
    private readonly isLog: boolean,
    private readonly events: PlotEvents,
    private readonly names: StepNames,
  ) {
    this.colours = readColours(host);
    this.cursor.className = "curve-cursor";
    this.cursor.append(document.createElement("span"));
    this.plot = this.build();
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(host);
    this.endStyles = onStyleChange(() => {
      const before = this.colours.textScale;
      this.colours = readColours(host);
      if (this.colours.textScale === before) this.plot.redraw(false);
      else this.rebuild();
    });
  }

  private build(): uPlot {
    const plot = new uPlot(this.options(), this.emptyData(), this.host);
    plot.over.append(this.cursor);
    plot.over.addEventListener("mousemove", this.pointed);
    plot.over.addEventListener("mouseleave", this.left);
    return plot;
  }

  /** Fonts and paddings of uPlot are given once. */
  private rebuild(): void {
    this.plot.destroy();
    this.plot = this.build();
    if (this.frame) this.draw(this.frame);
  }

  /** Soon; the latest frame counts. */
  draw(frame: PlotFrame): void {
    this.frame = frame;
    drawInTurn(this, () => this.drawNow(frame));
  }

  private drawNow(frame: PlotFrame): void {
    const [min, max] = frame.span;
    // Faint curves first: they lie behind.
    const bands = this.lines.map((_, i) => frame.bands?.[i]);
    const ends = (end: keyof Band) =>
      bands.map((band, i) =>
        band ? { steps: frame.curves[i]!.steps, values: band[end] } : nothing,
      );
    const raw = frame.raw ?? this.lines.map(() => nothing);
    const curves = [...ends("low"), ...ends("high"), ...raw, ...frame.curves];
    const { x, y, isThinned } = alignCurves(curves, frame.span, Math.max(1, this.plot.width));
    this.dress(isThinned);
    if (this.isLog) y.forEach(hideNonPositive);
    this.plot.batch(() => {
      this.plot.setData([x, ...y] as unknown as uPlot.AlignedData, false);
      this.plot.setScale("x", min < max ? { min, max } : { min: min - 1, max: max + 1 });
    });
    this.placeCursor();
  }

  /**
   * A line that goes up and down in every pixel is as wide as it is high: a dash and a width of its
   * own would not be seen, and take a browser without a graphics processor most of a frame.
   */
  private dress(isThinned: boolean): void {
    const count = this.lines.length;
    this.plot.series.slice(-2 * count).forEach((series, i) => {
      const { colourIndex } = this.lines[i % count]!;
      series.width = isThinned ? 1 / devicePixelRatio : i < count ? rawWidth : curveWidth;
      series.dash = isThinned ? [] : [...curveDash(colourIndex)];
    });
  }

  /** Ends of the axis of values; undefined before something is drawn. */
  get valueRange(): Span | undefined {
    const { min, max } = this.plot.scales["y"]!;
    return min == null || max == null || !(min < max) ? undefined : [min, max];
  }

  pointAt(step: number | null): void {
    this.cursorStep = step;
    this.placeCursor();
  }

  destroy(): void {
    forgetDrawing(this);
    this.endStyles();
    this.observer.disconnect();
    this.plot.destroy();
  }

  private readonly pointed = (event: MouseEvent) => {
    const left = event.clientX - this.plot.over.getBoundingClientRect().left;
    this.events.onPoint(this.plot.posToVal(left, "x"));
  };

  private readonly left = () => this.events.onPoint(null);

  private resized(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width === 0 || height === 0) return;
    if (width === this.plot.width && height === this.plot.height) return;
    this.plot.setSize({ width, height });
    if (this.frame) this.draw(this.frame);
  }

  /** An element over the canvas: a cursor that moves repaints no curve. */
  private placeCursor(): void {
    const step = this.cursorStep;
    const span = this.frame?.span;
    const isShown = step !== null && span !== undefined && step >= span[0] && step <= span[1];
    this.cursor.hidden = !isShown;
    if (!isShown) return;
    const left = this.plot.valToPos(step, "x");
    this.cursor.style.transform = `translateX(${left.toFixed(1)}px)`;
    this.cursor.classList.toggle("at-right", left > this.plot.over.clientWidth / 2);
    this.cursor.firstElementChild!.textContent = this.names.atCursor(step);
  }

  private emptyData(): uPlot.AlignedData {
    const count = 4 * this.lines.length;
    return [[], ...Array.from({ length: count }, () => [])] as unknown as uPlot.AlignedData;
  }

  private options(): uPlot.Options {
    const { clientWidth, clientHeight } = this.host;
    const { textScale } = this.colours;
    return {
      width: clientWidth || 300,
      height: clientHeight || 150,
      padding: [14 * textScale, this.names.room * textScale, 0, 0],
      legend: { show: false },
      series: [
        {},
        ...[...this.lines, ...this.lines].map(() => edgeOfBand),
        ...this.lines.map((line) => this.seriesOf({ ...line, hasPoints: false }, 0.28, rawWidth)),
        ...this.lines.map((line) => this.seriesOf(line, line.faint ? 0.45 : 1, curveWidth)),
      ],
      bands: this.lines.map(({ colourIndex }, i) => ({
        series: [1 + this.lines.length + i, 1 + i],
        fill: () => translucent(curveColour(this.colours, colourIndex)),
      })),
      scales: {
        x: { time: false },
        y: {
          ...(this.isLog ? logarithmic : {}),
          range: (_, low, high) => {
            const guide = this.frame?.isZoomed ? undefined : this.frame?.reference?.value;
            const known = [low, high, guide].filter((value) => value != null);
            return rangeOfValues(known, this.isLog, this.frame?.leastSpan);
          },
        },
      },
      axes: axesOf(this.names, this.isLog, () => this.colours),
      cursor: {
        x: false,
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: smallestDrag },
        bind: {
          dblclick: () => () => {
            this.events.onZoom(null);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [() => this.dragged()],
        drawAxes: [() => this.frame && drawGuides(this.plot, this.colours, this.frame)],
      },
    };
  }

  private seriesOf(line: PlotLine, alpha: number, width: number): uPlot.Series {
    const { colourIndex, hasPoints } = line;
    return {
      stroke: () => curveColour(this.colours, colourIndex),
      dash: [...curveDash(colourIndex)],
      alpha,
      width,
      points: {
        // A single point makes no line.
        show: (plot, index) => hasPoints || isSinglePoint(plot.data[index]!),
        size: 5,
        fill: () => curveColour(this.colours, colourIndex),
      },
    };
  }

  private dragged(): void {
    const { left, width } = this.plot.select;
    if (width < smallestDrag) return;
    const span = [left, left + width].map((at) => this.plot.posToVal(at, "x"));
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.onZoom([span[0]!, span[1]!]);
  }
}
