/** A chart as a pane of a figure, with what it is of; and how a page offers to save it. */
import type { FigurePaneInput } from "../../../engine/protocol/figure.ts";
import type { FigurePlotInput } from "../../../engine/protocol/figure-plot.ts";
import type { ChartPicture } from "../../charts/chart-picture.ts";
import { formatStep } from "../../../engine/protocol/chart-numbers.ts";
import { baseName } from "../../store/base-name.ts";
import type { RecipeLine } from "../../../engine/protocol/figure.ts";

/** A chart that is wider would be a line. */
const widest = 3;

/** @param aspect width over height */
export function chartPane(
  title: string,
  plot: FigurePlotInput,
  aspect: number,
  recipe: readonly RecipeLine[],
): FigurePaneInput {
  const shape = Math.min(widest, Math.max(1, aspect));
  return {
    title,
    view: { x: 0, y: 0, width: shape, height: 1 },
    plot,
    recipe: [...recipe],
  };
}

/** A chart of curves as it is on the screen. @param about what the curves are of */
export function curvesPane(picture: ChartPicture, about: readonly RecipeLine[]): FigurePaneInput {
  const { title, plot, aspect, smoothing } = picture;
  const [low, high] = plot.x.range;
  const shown = [
    ...(plot.x.names
      ? []
      : [`steps ${formatStep(Math.round(low))} to ${formatStep(Math.round(high))}`]),
    ...(plot.y.isLog ? ["logarithmic"] : []),
    ...(smoothing > 0 ? [`smoothed by ${smoothing.toFixed(2)}, as logged behind`] : []),
  ];
  const lines = [
    ...about,
    ...(shown.length > 0 ? [{ label: "Shown", text: shown.join(", ") }] : []),
  ];
  return chartPane(title, plot, aspect, lines);
}

/** @param recipe everything the run was asked for */
export function runLines(folder: string, recipe?: object): RecipeLine[] {
  return [
    { label: "Run", text: baseName(folder) },
    { label: "Path", text: folder, isUnsaid: true },
    ...(recipe ? [{ label: "Recipe", text: JSON.stringify(recipe), isUnsaid: true }] : []),
  ];
}
