/** A chart in figures: each curve's value under the cursor or its latest, its smallest and its largest. */
import { useState } from "react";
import { formatReading, formatStep } from "../../engine/protocol/chart-numbers.ts";
import { curveKey } from "./chart-colours.ts";
import { nearestIndex, type Curve } from "./curve-data.ts";
import { makeExtremes } from "./growing.ts";

interface ValuesProps {
  readonly series: readonly (Curve & {
    readonly key: string;
    readonly label: string;
    readonly colourIndex: number;
  })[];
  /** One for each of the series. */
  readonly smoothed: readonly Curve[] | undefined;
  readonly cursorStep: number | null;
}

export function CurveValues({ series, smoothed, cursorStep }: ValuesProps) {
  const [extremesOf] = useState(makeExtremes);
  const extremes = series.map(({ values }) => extremesOf(values));
  const at = cursorStep === null ? "latest" : `at ${formatStep(cursorStep)}`;
  return (
    <div className="curve-values" tabIndex={series.length > 6 ? 0 : undefined}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Curve</span>
            </th>
            <th scope="col">{at}</th>
            {smoothed && <th scope="col">smoothed</th>}
            <th scope="col">min</th>
            <th scope="col">max</th>
          </tr>
        </thead>
        <tbody>
          {series.map((curve, i) => {
            const index = indexOf(curve, cursorStep);
            return (
              <tr key={curve.key}>
                <th scope="row" title={curve.label}>
                  <i style={{ background: curveKey(curve.colourIndex) }} aria-hidden="true" />
                  {curve.label}
                </th>
                <td className="now">{reading(curve, index)}</td>
                {smoothed && <td>{reading(smoothed[i], index)}</td>}
                <td>{extremes[i] ? formatReading(extremes[i].least) : "–"}</td>
                <td>{extremes[i] ? formatReading(extremes[i].most) : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function indexOf({ steps }: Curve, cursorStep: number | null): number | undefined {
  if (cursorStep !== null) return nearestIndex(steps, cursorStep);
  return steps.length > 0 ? steps.length - 1 : undefined;
}

/** A dash where the curve does not reach. */
function reading(curve: Curve | undefined, index: number | undefined): string {
  const value = index === undefined ? undefined : curve?.values[index];
  return value === undefined ? "–" : formatReading(value);
}
