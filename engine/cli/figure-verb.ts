/** The verb figure and its options. */
import type { Command } from "commander";
import { EngineError } from "../protocol/errors.ts";
import { figureRange } from "../protocol/figure.ts";
import { smoothingRange } from "../protocol/growing-columns.ts";
import { deviceOption, ropeOption } from "./device-options.ts";
import type { FigureOptions } from "./figure.ts";
import { imageFiles, withSize } from "./model-options.ts";
import { invalid, parseBox, parseFraction, parsePatch, parseWhole } from "./options.ts";
import { checkWritable } from "./write-output.ts";

/** Given again and again, or in one with commas. */
const list = (text: string, soFar: readonly string[] | undefined): string[] => [
  ...(soFar ?? []),
  ...text.split(",").map((part) => part.trim()),
];

/** Paths may hold commas. */
const again = (text: string, soFar: readonly string[] | undefined): string[] => [
  ...(soFar ?? []),
  text,
];

const collect =
  <T>(parse: (text: string) => T[]) =>
  (text: string, soFar: T[] | undefined) => [...(soFar ?? []), ...parse(text)];

export function addFigure(program: Command): void {
  withSize(program.command("figure"))
    .description(
      "Lay maps out as a figure to be printed: PNG, SVG or PDF; a run's steps as WebP or MP4.",
    )
    .option("--model <path>", "as of map; may be repeated; a run with --steps", again)
    .option("--image <file>", `${imageFiles}; may be repeated`, again)
    .option("--probe <names>", "as of map; several by commas", list)
    .option(
      "--session <file>",
      "in their place: the panes of a session, space too, as the page shows them",
    )
    .option("--curves <run>", "in their place: what a run logged; may be repeated", again)
    .option("--metric <names>", "of --curves: by their names in metrics.jsonl", list)
    .option("--log", "of --curves: logarithmic values")
    .option(
      "--smooth <weight>",
      "of --curves: weight of the past, 0 to 0.99, as the page's Smoothing",
      parseSmoothing,
      0,
    )
    .requiredOption(
      "--out <file>",
      ".png, .svg or .pdf; .webp, or .mp4 by ffmpeg, for a clip of --steps",
    )
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print results for programs")
    .option("--steps <steps>", "of a run: all, or steps by commas", list)
    .option("--layer <layers>", "last, or blocks counted from 0, by commas (default: last)", list)
    .option("--no-norm", "show the tokens before the final norm")
    .option(
      "--patch <row,col>",
      "cosine: query patch, from 0; may be repeated",
      collect((t) => [parsePatch(t)]),
    )
    .option("--box <r,c,r,c>", "cosine: every patch of a box as query", collect(parseBox))
    .option("--matches <n>", "cosine: best matches to mark", parseWhole("--matches", 0, 100), 0)
    .option("--preset <name>", "pca: raw, whitened or foreground", "raw")
    .option(
      "--basis <basis>",
      "pca: own, joint for all images, or an image (default: own; of steps the last)",
    )
    .option("--signs <n>", "pca: 0..7, bit i flips component i", parseWhole("--signs", 0, 7), 0)
    .option(
      "--order <order>",
      "pca: components as RGB, or 000 to 222 for one alone; gram: raster or cluster",
    )
    .option("--k <n>", "kmeans and gram: number of clusters", parseWhole("--k", 2, 64), 6)
    .option("--seed <n>", "kmeans and gram: seed of the clusters", parseWhole("--seed"), 0)
    .option("--token <token>", "attention: cls, register:N or ROW,COL", "cls")
    .option("--head <head>", "attention: mean, or a head from 0", "mean")
    .option("--side <n>", "gram: longest side of the matrix", parseWhole("--side", 16, 4096), 1024)
    .option("--colormap <name>", "viridis, cividis, magma, greys or diverging", "viridis")
    .option("--range <low,high>", "ends of the colour scale (default: those of all maps)", ends)
    .option(
      "--opacity <opacity>",
      "of the maps over the photograph; 1 is the map alone",
      parseFraction("--opacity"),
      0.72,
    )
    .option(
      "--width-mm <n>",
      "width in millimetres; a column of a paper has about 85, a page 180",
      parseWhole("--width-mm", ...figureRange.widthMm),
      180,
    )
    .option("--dpi <n>", "pixels an inch", parseWhole("--dpi", ...figureRange.dpi), 300)
    .option("--columns <n>", "panes in a row", parseWhole("--columns", ...figureRange.columns))
    .option("--title <text>", "over all of it", "")
    .option("--caption <text>", "below it, in place of the settings")
    .option("--no-caption", "no caption")
    .option("--no-keys", "no colour bars")
    .option("--no-marks", "no query crosses, matches and outliers; no events on curves")
    .option("--scale-bar", "a length to measure by on each photograph")
    .option("--dark", "on a dark ground")
    .option(
      "--frame-ms <n>",
      "of a clip: time of a step",
      parseWhole("--frame-ms", 20, 10_000),
      200,
    )
    .action(async (options: GivenOptions) => {
      const { figureKind, runFigure } = await import("./figure.ts");
      const isVideo = figureKind(options.out) === "mp4";
      const { model = [], image = [], curves = [], session, metric, probe } = options;
      const inputs = [...image, ...model, ...curves, ...(session === undefined ? [] : [session])];
      const source = sourceOf(options);
      await checkWritable(options.out, inputs);
      if (isVideo) await (await import("../figures/write-mp4.ts")).requireFfmpeg();
      if (source === "session") {
        const { runSessionFigure } = await import("./session-figure.ts");
        await runSessionFigure({ ...options, session: session! });
      } else if (source === "curves") {
        const { runCurvesFigure } = await import("./curves-figure.ts");
        await runCurvesFigure({ ...options, curves, metric: metric ?? ["loss"] });
      } else {
        await runFigure({
          ...options,
          model,
          image,
          probe: probe!,
          layer: options.layer ?? ["last"],
        });
      }
    });
}

type GivenOptions = Omit<FigureOptions, "layer" | "model" | "image" | "probe"> & {
  readonly layer?: string[];
  readonly model?: string[];
  readonly image?: string[];
  readonly probe?: string[];
  readonly session?: string;
  readonly curves?: string[];
  readonly metric?: string[];
  readonly log?: true;
  readonly smooth: number;
};

/**
 * What the figure is of: one thing.
 *
 * @throws EngineError "option.invalid" where that is not said, or said twice
 */
function sourceOf(options: GivenOptions): "maps" | "session" | "curves" {
  const maps = (["model", "image", "probe"] as const).filter((name) => options[name]);
  const others = (["session", "curves"] as const).filter((name) => options[name]);
  const given = [...maps, ...others].map((name) => `--${name}`).join(", ");
  const [other] = others;
  if (other && others.length === 1 && maps.length === 0) return other;
  if (!other && maps.length === 3) return "maps";
  throw new EngineError(
    "option.invalid",
    "figure: expected --model, --image and --probe; or --session alone; or --curves alone; " +
      `received ${given === "" ? "none of them" : given}`,
  );
}

function parseSmoothing(text: string): number {
  const { least, most } = smoothingRange;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw invalid("--smooth", `a number from ${least} to ${most}`, text);
}

function ends(text: string): readonly [number, number] {
  const match = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2])];
  if (low < high) return [low, high];
  throw invalid("--range", "LOW,HIGH such as 0.2,1", text);
}
