/** What a comparison found: the advice, dense quality over the steps, every score under it, and the table. */
import { useMemo, useState } from "react";
import type { StepNames } from "../../charts/plot-axes.ts";
import { formatStep, formatStepTick } from "../../charts/chart-numbers.ts";
import type { Comparison } from "../../store/measure-compare-state.ts";
import { useLook } from "../store-context.ts";
import { columnsOf, rowsOf, type Column } from "./compare-table.ts";
import { CompareTable } from "./CompareTable.tsx";
import { CompareVerdict } from "./CompareVerdict.tsx";
import { QualityChart } from "./QualityChart.tsx";
import { ScoreChart } from "./ScoreChart.tsx";

export function CompareResult() {
  const comparison = useLook((state) => state.comparison);
  const scores = useLook((state) => state.measuring?.scores);
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
  return (
    <div className="result">
      <CompareVerdict comparison={comparison} rows={rows} columns={columns} />
      {comparison.quality && <QualityChart {...{ comparison, names, ...cursor }} />}
      {groups.map(({ title, columns: some }) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          <div className="score-grid">
            {some.map((column) => (
              <ScoreChart
                key={column.key}
                {...{ column, rows, ...cursor }}
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
          <p>Is a run losing its dense features, since when, and who should be its Gram teacher?</p>
          <p className="faint">
            Give the folder of a run on the left and press Compare. Every checkpoint is scored on
            the same images, without labels; the curve grows as they come.
          </p>
        </>
      )}
    </div>
  );
}
