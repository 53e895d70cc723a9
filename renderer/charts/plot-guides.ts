/** Lines that help to read a chart: a reference value across it, marked steps down it. */
import uPlot from "uplot";
import type { Span } from "./curve-data.ts";

export interface Guides {
  /** Steps in sight. */
  readonly span: Span;
  readonly reference?: { readonly value: number; readonly label: string };
  readonly marks: readonly { readonly step: number; readonly label: string }[];
}

/** Behind the curves; labels of marks stand above the plot. */
export function drawGuides(plot: uPlot, ink: string, guides: Guides): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `${11 * ratio}px ${getComputedStyle(plot.root).fontFamily}`;
  ctx.fillStyle = ctx.strokeStyle = ink;
  ctx.lineWidth = ratio;
  drawReference(plot, guides, ratio);
  drawMarks(plot, guides, ratio);
  ctx.restore();
}

function drawReference(plot: uPlot, { reference }: Guides, ratio: number): void {
  const { ctx, bbox } = plot;
  if (!reference) return;
  // On a logarithmic axis, a value that is not positive lies nowhere.
  const y = Math.round(plot.valToPos(reference.value, "y", true));
  if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
  ctx.textAlign = "right";
  // Under the line where there is no room above.
  const isHigh = y - bbox.top < 14 * ratio;
  ctx.textBaseline = isHigh ? "top" : "bottom";
  ctx.fillText(reference.label, bbox.left + bbox.width - 2, y + (isHigh ? 3 : -3) * ratio);
}

function drawMarks(plot: uPlot, { marks, span: [low, high] }: Guides, ratio: number): void {
  const { ctx, bbox } = plot;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  let free = -Infinity;
  for (const { step, label } of marks) {
    if (step < low || step > high) continue;
    const x = Math.round(plot.valToPos(step, "x", true));
    stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    if (x < free) continue;
    ctx.fillText(label, x + 3 * ratio, ratio);
    free = x + ctx.measureText(label).width + 12 * ratio;
  }
}

function stroke(ctx: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}
