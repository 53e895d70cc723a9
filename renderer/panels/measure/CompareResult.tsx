/** What a comparison found: the advice, dense quality over the steps, every score under it, and the table. */
import { useMemo, useState } from "react";
import type { RecipeLine } from "../../../engine/protocol/figure.ts";
import type { ChartPicture } from "../../../engine/protocol/chart-plot.ts";
import type { StepNames } from "../../charts/plot-axes.ts";
import { formatStep, formatStepTick } from "../../../engine/protocol/chart-numbers.ts";
import { baseName } from "../../store/base-name.ts";
import type { Comparison } from "../../store/measure-compare-state.ts";
import { curvesPane, runLines } from "../../../engine/protocol/chart-pane.ts";
import { useLook } from "../store-context.ts";
import { columnsOf, rowsOf, type Column } from "./compare-table.ts";
import { CompareTable } from "./CompareTable.tsx";
import { CompareVerdict } from "./CompareVerdict.tsx";
import { QualityChart } from "./QualityChart.tsx";
import { ScoreChart } from "./ScoreChart.tsx";
import { Words } from "../learn/Words.tsx";

export function CompareResult() {
  const comparison = useLook((state) => state.comparison);
  const scores = useLook((state) => state.measuring?.scores);
  const openFigure = useLook((state) => state.openFigure);
  const [cursorStep, setCursor] = useState<number | null>(null);
  const rows = useMemo(() => (comparison ? rowsOf(comparison) : []), [comparison]);
  const columns = useMemo(() => columnsOf(rows, scores ?? []), [rows, scores]);
  const names = useMemo(() => comparison && namesOf(comparison), [comparison]);
  if (!comparison || !names || rows.length === 0) return <Nothing />;
  const own = columns.filter(({ key }) => key !== "quality");
  const weights = comparison.report?.degradation?.weights ?? {};
  const isWeighed = ({ key }: Column) => key in weights;
  const groups = comparison.report?.degradation
    ? [
        { title: "What dense quality is made of", columns: own.filter(isWeighed) },
        { title: "Beside it", columns: own.filter((column) => !isWeighed(column)) },
      ]
    : [{ title: "Scores", columns: own }];
  const cursor = { cursorStep, onCursor: setCursor };
  const onSave = (picture: ChartPicture) => {
    const about = aboutComparison(comparison);
    const subject = baseName(comparison.wish.paths[0] ?? "");
    openFigure(true, { subject, panes: [curvesPane(picture, about)] });
  };
  return (
    <div className="result">
      <CompareVerdict comparison={comparison} rows={rows} columns={columns} />
      {comparison.quality && <QualityChart {...{ comparison, names, onSave, ...cursor }} />}
      {groups.map(({ title, columns: some }) => (
        <section key={title} aria-label={title}>
          <h2>
            <Words>{title}</Words>
          </h2>
          <div className="score-grid">
            {some.map((column) => (
              <ScoreChart
                key={column.key}
                {...{ column, rows, onSave, ...cursor }}
                names={isNamed(comparison) ? withoutAxis(names) : names}
              />
            ))}
          </div>
        </section>
      ))}
      <CompareTable {...{ rows, columns, names, ...cursor }} />
    </div>
  );
}

/** What was compared, on what, and all of the wish for the file. */
function aboutComparison({ wish, report }: Comparison): RecipeLine[] {
  return [
    ...wish.paths.flatMap((path) => runLines(baseName(path), path)),
    ...(report ? [{ label: "Compared on", text: report.data.description }] : []),
    { label: "Intervals", text: "95 % over images" },
    { label: "Recipe", text: JSON.stringify(wish), isUnsaid: true },
  ];
}

/** Models that are listed have names; steps of a run are numbers. */
function isNamed({ scored, report, wish }: Comparison): boolean {
  if (report) return report.kind === "models";
  return wish.paths.length > 1 || scored.every(({ step }) => step === 1);
}

/** A small chart has no room for names; the cursor tells them. */
const withoutAxis = (names: StepNames): StepNames => ({ ...names, room: 18, onAxis: () => "" });

function namesOf(comparison: Comparison): StepNames {
  const { scored } = comparison;
  if (!isNamed(comparison)) {
    const atCursor = (step: number) => `step ${formatStep(step)}`;
    return { room: 18, onAxis: formatStepTick, atCursor };
  }
  const nameAt = (step: number) => scored.find((model) => model.step === step)?.name ?? "";
  return { room: 48, onAxis: (step) => shortened(nameAt(step)), atCursor: nameAt };
}

const mostLetters = 14;
const shortened = (name: string) =>
  name.length > mostLetters ? `${name.slice(0, mostLetters - 1)}…` : name;

function Nothing() {
  const isGoing = useLook((state) => state.job?.tab === "compare");
  return (
    <div className="nothing">
      {isGoing ? (
        <p>The first model is being scored; its curves appear here.</p>
      ) : (
        <>
          <p>
            <Words>
              Is a run losing its dense features, since when, and who should be its Gram teacher?
            </Words>
          </p>
          <p className="faint">
            <Words>
              Give the folder of a run on the left and press Compare. Every checkpoint is scored on
              the same images, without labels; the curve grows as they come.
            </Words>
          </p>
        </>
      )}
    </div>
  );
}
