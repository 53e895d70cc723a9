/** What helps to read a chart: a reference value across it, marked steps down it, a shaded stretch. */
import uPlot from "uplot";
import { labelStarts } from "../../engine/protocol/mark-labels.ts";
import type { ChartColours } from "./chart-colours.ts";
import type { Span } from "./curve-data.ts";

export interface Mark {
  readonly step: number;
  readonly label: string;
  /** What is recommended stands out. */
  readonly isGood?: boolean;
}

/** Steps over which something gets worse. */
export interface Shade {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface Guides {
  /** Steps in sight. */
  readonly span: Span;
  readonly reference?: { readonly value: number; readonly label: string };
  readonly marks: readonly Mark[];
  readonly shade?: Shade;
}

/** Behind the curves; labels of marks stand above the plot. */
export function drawGuides(plot: uPlot, colours: ChartColours, guides: Guides): void {
  const { ctx, bbox } = plot;
  // Pixels of the canvas for one of text at 100 %; lines stay as thin as they are.
  const ratio = uPlot.pxRatio;
  const perText = ratio * colours.textScale;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `${11 * perText}px ${getComputedStyle(plot.root).fontFamily}`;
  drawShade(plot, guides, colours.warn, ratio);
  ctx.fillStyle = ctx.strokeStyle = colours.faintInk;
  ctx.lineWidth = ratio;
  drawReference(plot, guides, ratio, perText);
  drawMarks(plot, guides, colours, ratio);
  ctx.restore();
}

function drawShade(plot: uPlot, { shade }: Guides, warn: string, ratio: number): void {
  const { ctx, bbox } = plot;
  if (!shade) return;
  const [left, right] = [shade.from, shade.to].map((step) => plot.valToPos(step, "x", true));
  const from = Math.max(bbox.left, left!);
  const to = Math.min(bbox.left + bbox.width, right!);
  if (!(to > from)) return;
  ctx.fillStyle = warn;
  ctx.globalAlpha = 0.13;
  ctx.fillRect(from, bbox.top, to - from, bbox.height);
  ctx.globalAlpha = 1;
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  ctx.fillText(shade.label, to - 6 * ratio, bbox.top + bbox.height - 5 * ratio);
}

function drawReference(plot: uPlot, { reference }: Guides, ratio: number, perText: number): void {
  const { ctx, bbox } = plot;
  if (!reference) return;
  // On a logarithmic axis, a value that is not positive lies nowhere.
  const y = Math.round(plot.valToPos(reference.value, "y", true));
  if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
  ctx.textAlign = "right";
  // Under the line where there is no room above.
  const isHigh = y - bbox.top < 14 * perText;
  ctx.textBaseline = isHigh ? "top" : "bottom";
  ctx.fillText(reference.label, bbox.left + bbox.width - 2, y + (isHigh ? 3 : -3) * ratio);
}

function drawMarks(
  plot: uPlot,
  { marks, span: [low, high] }: Guides,
  { faintInk, good }: ChartColours,
  ratio: number,
): void {
  const { ctx, bbox } = plot;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  const lines = marks
    .filter(({ step }) => step >= low && step <= high)
    .map(({ step, label, isGood = false }) => {
      const at = Math.round(plot.valToPos(step, "x", true));
      return { at, label, width: ctx.measureText(label).width, isGood };
    });
  const starts = labelStarts(lines, { gap: 3 * ratio, end: ctx.canvas.width });
  for (const [i, { at: x, label, isGood }] of lines.entries()) {
    ctx.fillStyle = ctx.strokeStyle = isGood ? good : faintInk;
    ctx.lineWidth = isGood ? 2 * ratio : ratio;
    ctx.setLineDash(isGood ? [] : [2 * ratio, 3 * ratio]);
    stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const from = starts[i];
    if (from !== undefined) ctx.fillText(label, from, ratio);
  }
}

function stroke(ctx: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}
