/** The curves of the run, and of others laid over them, with one cursor and one smoothing for all. */
import { useMemo, useState } from "react";
import { curveKey } from "../../charts/chart-colours.ts";
import { CurveChart, type ChartSeries } from "../../charts/CurveChart.tsx";
import type { ChartPicture } from "../../../engine/protocol/chart-plot.ts";
import { makeScaler, smoothingRange } from "../../../engine/protocol/growing-columns.ts";
import { baseName } from "../../store/base-name.ts";
import type { Curves } from "../../../engine/protocol/run-curves.ts";
import { flagColumns, runMarks } from "../../../engine/protocol/run-marks.ts";
import type { ShownRun } from "../../store/train-state.ts";
import { Slider } from "../fields.tsx";
import { curvesPane, runLines } from "../../../engine/protocol/chart-pane.ts";
import { useLook } from "../store-context.ts";
import { guideOf, noteOf, termNotes, titleMeanings } from "../../../engine/protocol/term-notes.ts";
import { Words } from "../learn/Words.tsx";

/** Flags of steps are marks and no curves. */
const notDrawn = new Set(["step", "elapsed_s", "head_warmup", ...Object.keys(flagColumns)]);

export function CurvesPanel() {
  const runs = useLook((state) => state.runs);
  const closeRun = useLook((state) => state.closeRun);
  const recipes = useLook((state) => state.recipes);
  const own = useLook((state) => state.status?.folder);
  const [smoothing, setSmoothing] = useState(0.6);
  const [isLog, setLog] = useState(false);
  const [cursorStep, setCursor] = useState<number | null>(null);
  const lines = useMemo(() => linesOf(runs), [runs]);
  const keys = useMemo(() => keysOf(lines), [lines]);
  const marks = useMemo(() => runMarks(lines[0]?.curves), [lines]);
  const openFigure = useLook((state) => state.openFigure);
  const save = (picture: ChartPicture, metric: string) => {
    const about = runs.flatMap(({ record }) =>
      runLines(baseName(record.folder), record.folder, record.recipe),
    );
    openFigure(true, {
      subject: baseName(runs[0]?.record.folder ?? ""),
      panes: [curvesPane(picture, [...about, { label: "Metric", text: metric }])],
    });
  };

  if (keys.length === 0) {
    return (
      <div className="train-empty">
        <p>Curves appear here with the first step of a run.</p>
        <p className="faint">
          <Words>
            {recipes
              ? "The recipe on the left runs as it stands: a small model on the photographs in the box. Press Start."
              : "Asking the engine for its recipes."}
          </Words>
        </p>
      </div>
    );
  }
  return (
    <>
      <header className="curves-head">
        <Slider
          label="Smoothing"
          value={smoothing}
          min={smoothingRange.least}
          max={smoothingRange.most}
          step={0.01}
          shown={smoothing.toFixed(2)}
          onChange={setSmoothing}
        />
        <label className="check">
          <input type="checkbox" checked={isLog} onChange={(e) => setLog(e.target.checked)} />
          Logarithmic where it suits
        </label>
        <ul className="run-names">
          {lines.map(({ key, name, folder }, index) => (
            <li key={key}>
              <i className="curve-key" style={{ background: curveKey(index) }} aria-hidden="true" />
              <bdi title={folder}>{name}</bdi>
              {folder !== own && (
                <button aria-label={`Take ${name} away`} onClick={() => closeRun(folder)}>
                  ×
                </button>
              )}
            </li>
          ))}
        </ul>
      </header>
      <div className="curve-grid">
        {keys.map((key) => (
          <Chart
            key={key}
            name={key}
            lines={lines}
            marks={marks}
            recipe={runs[0]?.record.recipe ?? {}}
            {...{ smoothing, isLog, cursorStep, setCursor, save }}
          />
        ))}
      </div>
    </>
  );
}

interface Line {
  readonly key: string;
  readonly name: string;
  readonly folder: string;
  readonly curves: Curves;
}

function Chart(props: {
  name: string;
  lines: readonly Line[];
  marks: readonly { step: number; label: string }[];
  recipe: Readonly<Record<string, unknown>>;
  smoothing: number;
  isLog: boolean;
  cursorStep: number | null;
  setCursor: (step: number | null) => void;
  save: (picture: ChartPicture, metric: string) => void;
}) {
  const { name, lines, marks, recipe, smoothing, isLog, cursorStep, setCursor, save } = props;
  const { title, unit, note, log, factor } = noteOf(name);
  const scale = useMemo(() => (factor === 1 ? undefined : makeScaler(factor)), [factor]);
  const series = useMemo(
    () =>
      lines.flatMap(({ curves: { steps, columns }, key, name: label }, index): ChartSeries[] => {
        const values = columns[name];
        if (!values) return [];
        return [{ key, label, colourIndex: index, steps, values: scale?.(values) ?? values }];
      }),
    [lines, name, scale],
  );
  const reference = guideOf(name, recipe);
  return (
    <CurveChart
      title={title}
      heading={<Words means={titleMeanings}>{title}</Words>}
      unit={unit}
      shownUnit={<Words>{unit}</Words>}
      series={series}
      smoothing={smoothing}
      log={isLog && log}
      marks={marks}
      cursorStep={cursorStep}
      onCursor={setCursor}
      onSave={(picture) => save(picture, name)}
      note={<Words>{note}</Words>}
      {...(reference ? { reference } : {})}
    />
  );
}

/** A line for each student of each run. */
function linesOf(runs: readonly ShownRun[]): Line[] {
  return runs.flatMap(({ record, curves }) =>
    [...curves].map(([student, own]) => ({
      // Two runs in different places may have the same name.
      key: `${record.folder} ${student}`,
      name: [baseName(record.folder), student].filter(Boolean).join(", "),
      folder: record.folder,
      curves: own,
    })),
  );
}

/** Terms in the order of their notes, then what is new. */
function keysOf(lines: readonly Line[]): string[] {
  const found = new Set(lines.flatMap(({ curves }) => Object.keys(curves.columns)));
  const known = Object.keys(termNotes).filter((key) => found.has(key));
  const others = [...found].filter((key) => !(key in termNotes));
  return [...known, ...others].filter((key) => !notDrawn.has(key));
}
