/** `gramscope figure --curves`: what runs logged, a chart for each metric, a curve for each run. */
import path from "node:path";
import { ReportCache } from "../compare/report-cache.ts";
import { drawFigure } from "../figures/draw-figure.ts";
import { readColumns } from "../host/metric-columns.ts";
import { curvesPane, runLines } from "../protocol/chart-pane.ts";
import { plotOf, type DrawnChart, type DrawnCurve } from "../protocol/chart-plot.ts";
import { EngineError } from "../protocol/errors.ts";
import { figure, type FigurePaneInput } from "../protocol/figure.ts";
import { makeScaler, makeSmoother } from "../protocol/growing-columns.ts";
import { curvesOf, type Curves } from "../protocol/run-curves.ts";
import { runMarks, teacherMarks } from "../protocol/run-marks.ts";
import { guideOf, noteOf } from "../protocol/term-notes.ts";
import { listCheckpoints } from "../runs/read-checkpoint.ts";
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
  /** Weight of the past, as the page's Smoothing. */
  readonly smooth: number;
}

/** What one student of a run logged. */
interface Logged {
  readonly run: Run;
  readonly label: string;
  /** Its folder: the run's, or of a run with several students its own in it. */
  readonly place: string;
  readonly curves: Curves;
}

interface Asked {
  readonly smoothing: number;
  readonly isLog: boolean;
  readonly marks: DrawnChart["marks"];
}

/** Width over height. */
const aspect = 1.6;

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
  // Of the first run alone, as on the page: those of several would say of each other what is not so.
  const marks = options.marks && logged[0] ? await marksOf(logged[0]) : [];
  const { smooth: smoothing, log: isLog = false } = options;
  const panes = metric.map((name) => metricPane(name, logged, { smoothing, isLog, marks }));
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
  const name = path.basename(run.folder);
  const places =
    students.length > 0
      ? students.map((one) => ({
          label: `${name}, ${one.name}`,
          place: path.join(run.folder, one.name),
        }))
      : [{ label: name, place: run.folder }];
  return Promise.all(
    places.map(async ({ label, place }) => {
      const { steps, columns } = await readColumns(runPaths({ folder: place }).metrics);
      return { run, label, place, curves: curvesOf(steps, columns) };
    }),
  );
}

/** What happened in a run, and what its last comparison recommends; what the page marks. */
async function marksOf({ place, curves }: Logged) {
  const checkpoints = (await listCheckpoints({ folder: place })).map((one) => ({
    step: one.step,
    path: one.folder,
  }));
  const scores = await new ReportCache().read(place, checkpoints);
  return [...teacherMarks(scores), ...runMarks(curves)];
}

function metricPane(name: string, logged: readonly Logged[], asked: Asked): FigurePaneInput {
  const { title, unit, factor } = noteOf(name);
  const scale = makeScaler(factor);
  const smooth = makeSmoother();
  const raw = logged.flatMap(({ label, curves: { steps, columns } }, colourIndex): DrawnCurve[] => {
    const values = columns[name];
    return values ? [{ label, colourIndex, steps, values: scale(values) }] : [];
  });
  if (raw.length === 0) throw unknownMetric(name, logged);
  const all = raw.flatMap(({ steps }) =>
    steps.length > 0 ? [steps[0]!, steps[steps.length - 1]!] : [],
  );
  const { smoothing, isLog, marks } = asked;
  const plot = plotOf({
    unit,
    curves: raw.map((curve) => ({ ...curve, values: smooth(curve.values, smoothing) })),
    raw: smoothing > 0 ? raw : [],
    span: [Math.min(...all), Math.max(...all)],
    values: undefined,
    isLog,
    reference: logged[0] && guideOf(name, { ...logged[0].run.recipe }),
    marks,
  });
  const runs = new Set(logged.map(({ run }) => run));
  return curvesPane({ title, plot, aspect, smoothing }, [
    ...[...runs].flatMap(({ folder, recipe }) => runLines(path.basename(folder), folder, recipe)),
    { label: "Metric", text: name },
  ]);
}

function unknownMetric(name: string, logged: readonly Logged[]): EngineError {
  const known = [...new Set(logged.flatMap(({ curves }) => Object.keys(curves.columns)))];
  const runs = logged.map(({ label }) => label).join(", ");
  return new EngineError("option.invalid", `--metric: "${name}" was not logged by ${runs}`, {
    hint: known.length === 0 ? "Nothing was logged there yet." : `Logged: ${known.join(", ")}.`,
  });
}
