/** `gramscope figure --curves`: what runs logged, a chart for each metric, a curve for each run. */
import path from "node:path";
import { drawFigure } from "../figures/draw-figure.ts";
import { readColumns } from "../host/metric-columns.ts";
import { EngineError } from "../protocol/errors.ts";
import { figure, type FigurePaneInput } from "../protocol/figure.ts";
import { guideOf, noteOf } from "../protocol/term-notes.ts";
import { float32Values, int32Values, toWireTensor, type WireTensor } from "../protocol/tensor.ts";
import { openRun, runPaths, type Run } from "../runs/run-directory.ts";
import { figureKind, isClip, lookOf, type FigureLookOptions } from "./figure.ts";
import { writeOutput } from "./write-output.ts";

export interface CurvesFigureOptions extends FigureLookOptions {
  readonly out: string;
  readonly json?: true;
  /** Folders of runs. */
  readonly curves: readonly string[];
  /** By their names in metrics.jsonl. */
  readonly metric: readonly string[];
  readonly log?: true;
}

/** What one student of a run logged. */
interface Logged {
  readonly run: Run;
  readonly label: string;
  readonly steps: WireTensor;
  readonly columns: Readonly<Record<string, WireTensor>>;
}

/** Width over height. */
const shape = 1.6;

/** @throws EngineError "run.missing", "option.invalid" for a metric that no run has logged */
export async function runCurvesFigure(options: CurvesFigureOptions): Promise<void> {
  const { out, json, metric } = options;
  const kind = figureKind(out);
  if (isClip(kind)) {
    throw new EngineError(
      "option.invalid",
      `--out: expected .png, .svg or .pdf for curves, received "${out}"`,
      { hint: "Name a file that ends in one of these." },
    );
  }
  const logged = (await Promise.all(options.curves.map(loggedIn))).flat();
  const panes = metric.map((name) => metricPane(name, logged, options.log === true));
  const asked = figure.parse({ panes, look: lookOf(options) });
  const { file, width, height } = await drawFigure(asked, kind, new Map());
  await writeOutput(out, file);
  if (json) console.log(JSON.stringify({ out, width, height, metrics: metric }));
  else
    console.log(
      `${out}: ${panes.length} chart${panes.length === 1 ? "" : "s"}, ${width} x ${height} px`,
    );
}

async function loggedIn(folder: string): Promise<Logged[]> {
  const run = await openRun(folder);
  const { students } = run.recipe;
  const places =
    students.length > 0
      ? students.map(({ name }) => ({ label: `${path.basename(run.folder)}, ${name}`, name }))
      : [{ label: path.basename(run.folder), name: "" }];
  return Promise.all(
    places.map(async ({ label, name }) => {
      const { metrics } = runPaths({ folder: path.join(run.folder, name) });
      return { run, label, ...(await readColumns(metrics)) };
    }),
  );
}

function metricPane(name: string, logged: readonly Logged[], isLog: boolean): FigurePaneInput {
  const { title, unit, factor } = noteOf(name);
  const curves = logged.flatMap(({ label, steps, columns }, colourIndex) => {
    const values = columns[name];
    if (!values) return [];
    const scaled = float32Values(values).map((value) => value * factor);
    const at = Float32Array.from(int32Values(steps));
    const column = (list: Float32Array) => toWireTensor(list, [list.length]);
    return [{ label, colourIndex, steps: column(at), values: column(scaled) }];
  });
  if (curves.length === 0) throw unknownMetric(name, logged);
  const ends = curves.flatMap(({ steps }) => {
    const all = float32Values(steps);
    return all.length > 0 ? [all[0]!, all.at(-1)!] : [];
  });
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const reference = logged[0] && guideOf(name, { ...logged[0].run.recipe });
  const runs = new Set(logged.map(({ run }) => run));
  return {
    title,
    view: { x: 0, y: 0, width: shape, height: 1 },
    plot: {
      kind: "curves",
      x: { title: "step", range: low < high ? [low, high] : [low - 1, high + 1] },
      y: { title: unit, isLog },
      curves,
      ...(reference && { reference }),
    },
    recipe: [
      { label: "Metric", text: name },
      ...[...runs].flatMap(({ folder, recipe }) => [
        { label: "Run", text: path.basename(folder) },
        { label: "Path", text: folder, isUnsaid: true },
        { label: "Recipe", text: JSON.stringify(recipe), isUnsaid: true },
      ]),
    ],
  };
}

function unknownMetric(name: string, logged: readonly Logged[]): EngineError {
  const known = [...new Set(logged.flatMap(({ columns }) => Object.keys(columns)))];
  const runs = logged.map(({ label }) => label).join(", ");
  return new EngineError("option.invalid", `--metric: "${name}" was not logged by ${runs}`, {
    hint: known.length === 0 ? "Nothing was logged there yet." : `Logged: ${known.join(", ")}.`,
  });
}
