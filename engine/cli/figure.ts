/** `gramscope figure`: probes over models, images, layers and steps of a run, laid out to be printed. */
import path from "node:path";
import { listCandidates, type Candidate } from "../compare/candidates.ts";
import { drawClip, drawFigure } from "../figures/draw-figure.ts";
import type { Photograph } from "../figures/pane-pictures.ts";
import { colormapNames } from "../protocol/colormap.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  figureFormats,
  figureParts,
  grounds,
  mostFrames,
  mostPanes,
  type FigureFormat,
  type FigureLook,
} from "../protocol/figure.ts";
import type { ModelCard } from "../protocol/messages.ts";
import { probeNames, probeTitles } from "../protocol/probes.ts";
import { parseInputSize } from "../protocol/view.ts";
import { arrange, type Axis } from "./figure-axes.ts";
import { findCells, panesOf, type FoundCell, type WantedCell } from "./figure-cells.ts";
import { openLocalSession } from "./local-session.ts";
import { oneOf, parseLayer, type LookOptions } from "./options.ts";
import { callOf, variantOf, type ProbeCallOptions } from "./probe-call.ts";
import { writeOutput } from "./write-output.ts";

/** What every figure is asked for, whatever is in it. */
export interface FigureLookOptions {
  readonly widthMm: number;
  readonly dpi: number;
  readonly columns?: number;
  readonly dark?: true;
  readonly title: string;
  /** Commander turns `--no-caption` into false, and leaves true where nothing is said. */
  readonly caption: string | boolean;
  readonly keys: boolean;
  readonly marks: boolean;
  readonly scaleBar?: true;
}

export interface FigureOptions
  extends Omit<LookOptions, "model" | "image">, ProbeCallOptions, FigureLookOptions {
  readonly out: string;
  readonly model: readonly string[];
  readonly image: readonly string[];
  readonly probe: readonly string[];
  readonly layer: readonly string[];
  /** Of a run: "all", or steps. */
  readonly steps?: readonly string[];
  readonly basis?: string;
  readonly norm: boolean;
  readonly colormap: string;
  readonly opacity: number;
  readonly range?: readonly [number, number];
  readonly frameMs: number;
}

const clipFormats = ["webp", "mp4"] as const;
export type ClipFormat = (typeof clipFormats)[number];

export type FigureKind = FigureFormat | ClipFormat;

export function isClip(kind: FigureKind): kind is ClipFormat {
  return clipFormats.some((one) => one === kind);
}

/** @throws EngineError "option.invalid" for a file of another kind */
export function figureKind(out: string): FigureKind {
  const ending = path.extname(out).slice(1).toLowerCase();
  const kind = [...figureFormats, ...clipFormats].find((one) => one === ending);
  if (kind) return kind;
  throw new EngineError(
    "option.invalid",
    `--out: expected a file that ends in .png, .svg, .pdf, .webp or .mp4; received "${out}"`,
    { hint: "The ending says what is written; .webp and .mp4 are clips of a run's steps." },
  );
}

export async function runFigure(options: FigureOptions): Promise<void> {
  const kind = figureKind(options.out);
  const probes = options.probe.map((name) => oneOf("--probe", name, probeNames));
  const colormap = oneOf("--colormap", options.colormap, colormapNames);
  const size = parseInputSize(options.size);
  const layers = options.layer.map(parseLayer);
  const calls = probes.map((probe) => callOf(probe, options));
  const steps = options.steps ? await stepsOf(options) : undefined;
  if (isClip(kind) && (!steps || steps.length < 2)) {
    throw new EngineError("option.invalid", `--out: a .${kind} is a clip of the steps of a run`, {
      hint: "Name the run with --model and its steps with --steps all or --steps A,B,C.",
    });
  }
  const paths = steps ? steps.map((step) => step.path) : options.model;
  const local = await openLocalSession({ ...options, model: paths[0]! });
  try {
    const models: ModelCard[] = [local.model];
    for (const model of paths.slice(1)) {
      models.push(await local.session.openModel(model, local.control));
    }
    const photographs = new Map<string, Photograph>();
    const images: { id: string; name: string }[] = [];
    for (const file of options.image) {
      const { id, decoded } = await local.openImage(file);
      photographs.set(id, decoded);
      images.push({ id, name: path.basename(file) });
    }
    const isJoint = options.basis === "joint";
    const basis =
      options.basis === undefined || isJoint || options.basis === "own"
        ? undefined
        : (await local.openImage(options.basis)).id;
    const axes: Axis<unknown>[] = [
      steps
        ? { name: "step", values: models, titles: steps.map(({ name }) => name) }
        : { name: "model", values: models, titles: modelTitles(models, options.model) },
      { name: "layer", values: layers, titles: layers.map(layerTitle(models[0]!)) },
      { name: "probe", values: probes, titles: probes.map((name) => probeTitles[name]) },
      { name: "image", values: images, titles: images.map(({ name }) => name) },
    ];
    const modelAxis = axes[0]!.name;
    const arrangement = arrange(isClip(kind) ? axes.slice(1) : axes, images[0]!.name);
    const frames = isClip(kind) ? models.map((_, i) => i) : [undefined];
    const wanted: WantedCell[] = frames.flatMap((frame) =>
      arrangement.cells.map(({ at, title }) => {
        const call = calls[at["probe"]!]!;
        const model = models[frame ?? at[modelAxis]!]!;
        const ref = {
          model: model.id,
          image: images[at["image"]!]!.id,
          size,
          layer: layers[at["layer"]!]!,
          norm: options.norm,
        };
        const sameImage = { ...ref, model: models.at(-1)!.id };
        const fit =
          call.probe !== "pca" || options.basis === "own"
            ? []
            : isJoint
              ? images.map(({ id }) => ({ ...ref, image: id }))
              : basis !== undefined
                ? [{ ...ref, image: basis }]
                : // Over the steps of a run one basis holds, that of the last.
                  steps
                  ? [sameImage]
                  : [];
        return { title, ref, call, fit };
      }),
    );
    refuseTooMany(arrangement.cells.length, frames.length);
    const found = await findCells(wanted, local);
    const panes = panesOf(found, {
      colormap,
      opacity: options.opacity,
      range: options.range,
      variantOf: (probe) => variantOf(probe, options),
    });
    const look = lookOf(options, arrangement);
    const drawn = isClip(kind)
      ? await drawClip(
          {
            look,
            frameMs: options.frameMs,
            packing: kind,
            frames: steps!.map(({ name }, i) => ({
              title: [options.title, name].filter(Boolean).join(": "),
              panes: panes.slice(i * arrangement.cells.length, (i + 1) * arrangement.cells.length),
            })),
          },
          photographs,
          { signal: local.control.signal },
        )
      : await drawFigure({ panes, look }, kind, photographs);
    await writeOutput(options.out, drawn.file);
    report(options, { ...drawn, panes: panes.length, found });
  } finally {
    await local.dispose();
  }
}

/** @throws EngineError "option.invalid" for steps that the run does not have */
async function stepsOf({ model, steps = [] }: FigureOptions): Promise<Candidate[]> {
  const { kind, candidates } = await listCandidates(model);
  if (kind !== "run") {
    throw new EngineError("option.invalid", `--steps: expected --model to name one run`, {
      hint: "Several models are compared without --steps.",
    });
  }
  if (steps.length === 1 && steps[0] === "all") return [...candidates];
  return steps.map((text) => {
    const found = candidates.find(({ step }) => String(step) === text);
    if (found) return found;
    const known = candidates.map(({ step }) => step);
    const shown = known.length > 8 ? [...known.slice(0, 4), "...", ...known.slice(-3)] : known;
    throw new EngineError(
      "option.invalid",
      `--steps: expected all, or steps of ${model[0]} (${shown.join(", ")}); received "${text}"`,
    );
  });
}

function modelTitles(models: readonly ModelCard[], paths: readonly string[]): string[] {
  const names = models.map(({ name }) => name);
  return new Set(names).size === names.length ? names : paths.map((one) => path.basename(one));
}

const layerTitle = (model: ModelCard) => (layer: number | "last") =>
  layer === "last"
    ? `last ${model.stages ? "stage" : "block"}`
    : `${model.stages ? "stage" : "block"} ${layer + 1}`;

function refuseTooMany(cells: number, frames: number): void {
  if (cells > mostPanes || frames > mostFrames) {
    throw new EngineError(
      "option.invalid",
      `figure: expected at most ${mostPanes} panes and ${mostFrames} steps, received ${cells} and ${frames}`,
    );
  }
}

export function lookOf(
  options: FigureLookOptions,
  { columns, columnTitles, rowTitles }: Partial<ReturnType<typeof arrange>> = {},
): FigureLook {
  const { caption, keys, marks, scaleBar, widthMm, dpi, title } = options;
  const left = new Set<string>([
    ...(caption === false ? ["caption"] : []),
    ...(keys ? [] : ["keys"]),
    ...(marks ? [] : ["marks"]),
    ...(scaleBar ? [] : ["scale"]),
  ]);
  const across = columns ?? options.columns;
  return {
    widthMm,
    dpi,
    ground: options.dark ? grounds[1] : grounds[0],
    title,
    caption: typeof caption === "string" ? caption : "",
    parts: figureParts.filter((part) => !left.has(part)),
    ...(across === undefined ? {} : { columns: across }),
    ...(columnTitles && { columnTitles }),
    ...(rowTitles && { rowTitles }),
  };
}

function report(
  { json, out }: FigureOptions,
  found: { width: number; height: number; panes: number; found: readonly FoundCell[] },
): void {
  const { width, height, panes } = found;
  if (json) {
    const recipes = found.found.map(({ title, result }) => ({ title, recipe: result.recipe }));
    console.log(JSON.stringify({ out, width, height, panes: recipes }));
    return;
  }
  console.log(`${out}: ${panes} pane${panes === 1 ? "" : "s"}, ${width} x ${height} px`);
}
