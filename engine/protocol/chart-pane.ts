/** A chart as a pane of a figure, with what it is of. */
import { formatStep } from "./chart-numbers.ts";
import type { ChartPicture } from "./chart-plot.ts";
import type { FigurePlotInput } from "./figure-plot.ts";
import type { FigurePaneInput, RecipeLine } from "./figure.ts";

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

/** A chart of curves. @param about what the curves are of */
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
export function runLines(name: string, folder: string, recipe?: object): RecipeLine[] {
  return [
    { label: "Run", text: name },
    { label: "Path", text: folder, isUnsaid: true },
    ...(recipe ? [{ label: "Recipe", text: JSON.stringify(recipe), isUnsaid: true }] : []),
  ];
}
