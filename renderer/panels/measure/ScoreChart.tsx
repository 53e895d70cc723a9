/** One score over the steps, small, with its value under the cursor that all charts share. */
import { useMemo } from "react";
import { greyCurve } from "../../charts/chart-colours.ts";
import { CurveChart, type ChartSeries } from "../../charts/CurveChart.tsx";
import type { ChartPicture } from "../../../engine/protocol/chart-plot.ts";
import type { StepNames } from "../../charts/plot-axes.ts";
import { directionWords } from "./advice.ts";
import type { Column, Row } from "./compare-table.ts";
import { formatScore } from "./measured-numbers.ts";
import { Words } from "../learn/Words.tsx";

export function ScoreChart(props: {
  column: Column;
  rows: readonly Row[];
  names: StepNames;
  cursorStep: number | null;
  onCursor: (step: number | null) => void;
  onSave: (picture: ChartPicture) => void;
}) {
  const { column, rows, names, cursorStep, onCursor, onSave } = props;
  const { key, title, about, isBetter } = column;
  const points = useMemo(
    () =>
      rows
        .flatMap(({ model: { step }, values }) => {
          const value = values[key];
          return value ? [{ step, ...value }] : [];
        })
        .sort((a, b) => a.step - b.step),
    [rows, key],
  );
  const series = useMemo(
    (): ChartSeries[] => [
      {
        key,
        label: title,
        colourIndex: isBetter === "neither" ? greyCurve : 0,
        hasPoints: points.length <= 30,
        steps: points.map(({ step }) => step),
        values: points.map(({ mean }) => mean),
        band: { low: points.map(({ low }) => low), high: points.map(({ high }) => high) },
      },
    ],
    [points, key, title, isBetter],
  );
  const { sign, words } = directionWords[isBetter];
  const point = points.find(({ step }) => step === cursorStep) ?? points.at(-1);
  return (
    <div className="score">
      <CurveChart
        title={title}
        heading={<Words>{title}</Words>}
        series={series}
        smoothing={0}
        log={false}
        cursorStep={cursorStep}
        onCursor={onCursor}
        onSave={onSave}
        noteTitle="?"
        note={<Words>{about}</Words>}
        aside={
          <span className="direction" title={words}>
            {sign}
            <span className="unseen"> {words}</span>
          </span>
        }
        stepNames={names}
        caption={
          point && (
            <p className="num">
              <b>{formatScore(point.mean)}</b>
              <span className="faint">
                {" "}
                {formatScore(point.low)} to {formatScore(point.high)}
              </span>
            </p>
          )
        }
      />
    </div>
  );
}
