/** Dense quality over the steps of a run: its interval, its peak, and where it declines. */
import { useMemo } from "react";
import { CurveChart, type ChartSeries } from "../../charts/CurveChart.tsx";
import type { ChartPicture } from "../../../engine/protocol/chart-plot.ts";
import type { StepNames } from "../../charts/plot-axes.ts";
import type { Mark } from "../../charts/plot-guides.ts";
import type { Comparison } from "../../store/measure-compare-state.ts";
import { placeName } from "./advice.ts";
import { aboutQuality, qualityTitle } from "./compare-table.ts";
import { formatSigned } from "./measured-numbers.ts";
import { Words } from "../learn/Words.tsx";

/** In deviations: five times what the engine finds worth a repair. */
const leastSpan = 0.5;

export function QualityChart(props: {
  comparison: Comparison;
  names: StepNames;
  cursorStep: number | null;
  onCursor: (step: number | null) => void;
  onSave: (picture: ChartPicture) => void;
}) {
  const { comparison, names, cursorStep, onCursor, onSave } = props;
  const { quality = [], report } = comparison;
  const series = useMemo((): ChartSeries[] => {
    const points = quality.toSorted((a, b) => a.step - b.step);
    return [
      {
        key: "quality",
        label: "dense quality",
        colourIndex: 0,
        hasPoints: points.length <= 60,
        steps: points.map(({ step }) => step),
        values: points.map(({ mean }) => mean),
        band: { low: points.map(({ low }) => low), high: points.map(({ high }) => high) },
      },
    ];
  }, [quality]);
  const point = quality.find(({ step }) => step === cursorStep) ?? quality.at(-1);
  return (
    <div className="quality">
      <CurveChart
        title={qualityTitle}
        heading={<Words>{qualityTitle}</Words>}
        unit="deviations"
        series={series}
        smoothing={0}
        log={false}
        leastSpan={leastSpan}
        marks={report ? marksOf(report) : []}
        {...shadeOf(report)}
        cursorStep={cursorStep}
        onCursor={onCursor}
        onSave={onSave}
        noteTitle="What it is"
        note={<Words>{aboutQuality}</Words>}
        aside={<span className="direction">↑ better</span>}
        stepNames={names}
        caption={
          point && (
            <p className="num">
              {names.atCursor(point.step)}: <b>{formatSigned(point.mean)}</b>
              <span className="faint">
                {" "}
                95 % over images: {formatSigned(point.low)} to {formatSigned(point.high)}
              </span>
            </p>
          )
        }
      />
    </div>
  );
}

type Report = NonNullable<Comparison["report"]>;

function marksOf(report: Report): Mark[] {
  const found = report.degradation;
  if (!found) return [];
  const { recommendation: advice, peak } = found;
  if (advice.kind === "teacher") {
    const label = `Gram teacher: ${placeName(advice.step, report)}`;
    return [{ step: advice.step, label, isGood: true }];
  }
  return [{ step: peak, label: `best: ${placeName(peak, report)}` }];
}

/** Only what is beyond noise is shaded. */
function shadeOf(report: Report | undefined) {
  const found = report?.degradation;
  if (found?.recommendation.kind !== "teacher") return {};
  const { peak: from, last: to, decline } = found;
  const least = decline.low.toFixed(2);
  return { shade: { from, to, label: `▼ ${decline.mean.toFixed(2)}, surely ${least}` } };
}
