/** The numbers of a probe as dots with their intervals, a line for every model that was measured alike. */
import { curveKey, curveVariable } from "../../charts/chart-colours.ts";
import { SaveChart } from "../../charts/SaveChart.tsx";
import type { RecipeLine } from "../../../engine/protocol/figure.ts";
import type { ReportedNumber } from "../../../engine/protocol/probe-report.ts";
import { nameOf } from "../../store/measure-probes-slice.ts";
import type { ProbeResult } from "../../store/measure-probes-state.ts";
import { chartPane } from "../../../engine/protocol/chart-pane.ts";
import { useLook } from "../store-context.ts";
import { directionWords } from "./advice.ts";
import { axisOver, formatMeasured, unitSigns, type Axis } from "./measured-numbers.ts";
import { Words } from "../learn/Words.tsx";

export function NumberPlots({ results }: { results: readonly ProbeResult[] }) {
  // The same protocol reports the same numbers, but for those that have no value.
  const names = [...new Set(results.flatMap(({ report }) => report.numbers.map((n) => n.name)))];
  return (
    <div className="number-grid">
      {names.map((name) => (
        <NumberPlot key={name} name={name} results={results} />
      ))}
    </div>
  );
}

function NumberPlot({ name, results }: { name: string; results: readonly ProbeResult[] }) {
  const lines = results.flatMap((result, colourIndex) => {
    const number = result.report.numbers.find((one) => one.name === name);
    return number ? [{ result, number, colourIndex }] : [];
  });
  const { unit, isBetterHigher } = lines[0]!.number;
  const values = lines.flatMap(({ number: { value, low, high } }) => [
    value,
    low ?? value,
    high ?? value,
  ]);
  const axis =
    unit === "fraction"
      ? axisOver(values, 0.1, [0, 1])
      : axisOver(values, Math.max(1e-3, 0.2 * Math.max(...values.map(Math.abs))));
  const openFigure = useLook((state) => state.openFigure);
  const save = () => {
    const rows = lines.map(({ result, number, colourIndex }) => ({
      label: nameOf(result),
      colourIndex,
      value: number.value,
      ...(number.low === undefined ? {} : { low: number.low }),
      ...(number.high === undefined ? {} : { high: number.high }),
      text: `${formatMeasured(number.value, unit)} ${intervalText(number, unit)}`,
    }));
    const plot = {
      kind: "dots" as const,
      x: {
        title: unitSigns[unit],
        range: [axis.from, axis.to] as [number, number],
        ticks: axis.ticks.map((tick) => ({ at: tick, text: tickText(tick, unit) })),
      },
      rows,
    };
    const aspect = 10 / (rows.length + 1.5);
    const pane = chartPane(name, plot, aspect, aboutProbe(results));
    openFigure(true, { subject: results[0]!.report.probe, panes: [pane] });
  };
  const { sign, words } = directionWords[isBetterHigher ? "higher" : "lower"];
  return (
    <figure className="number">
      <figcaption>
        <b>
          <Words>{name}</Words>
        </b>{" "}
        <span className="unit">{unitSigns[unit]}</span>
        <span className="direction" title={words}>
          {sign} better
        </span>
        <SaveChart of={name} onSave={save} />
      </figcaption>
      <table>
        <tbody>
          {lines.map(({ result, number, colourIndex }) => (
            <tr key={result.id}>
              <th scope="row">
                <i
                  className="curve-key"
                  style={{ background: curveKey(colourIndex) }}
                  aria-hidden="true"
                />
                <span>{nameOf(result)}</span>
              </th>
              <td className="track">
                <Ticks axis={axis} />
                <Dot number={number} axis={axis} colour={curveVariable(colourIndex)} />
              </td>
              <td className="num value">
                {formatMeasured(number.value, unit)}
                <span className="faint">
                  <Words>{` ${intervalText(number, unit)}`}</Words>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot aria-hidden="true">
          <tr>
            <th />
            <td className="axis num">
              {axis.ticks.map((tick) => (
                <span key={tick} style={{ left: at(tick, axis) }}>
                  {tickText(tick, unit)}
                </span>
              ))}
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
    </figure>
  );
}

const intervalText = ({ low, high }: ReportedNumber, unit: ReportedNumber["unit"]) =>
  low !== undefined && high !== undefined
    ? `${formatMeasured(low, unit)} to ${formatMeasured(high, unit)}`
    : "no interval";

/** What was measured, on what, and every model with its settings for the file. */
function aboutProbe(results: readonly ProbeResult[]): RecipeLine[] {
  const { report } = results[0]!;
  return [
    { label: "Probe", text: report.probe },
    { label: "Measured on", text: report.data.description },
    { label: "Preset", text: report.preset },
    { label: "Seed", text: String(report.seed) },
    { label: "Intervals", text: "95 %" },
    ...results.map(({ wish, report: { settings } }) => ({
      label: "Recipe",
      text: JSON.stringify({ ...wish, settings }),
      isUnsaid: true,
    })),
  ];
}

function Ticks({ axis }: { axis: Axis }) {
  return axis.ticks.map((tick) => (
    <i key={tick} className="tick" style={{ left: at(tick, axis) }} aria-hidden="true" />
  ));
}

function Dot(props: { number: ReportedNumber; axis: Axis; colour: string }) {
  const { number, axis, colour } = props;
  const { value, low = value, high = value } = number;
  return (
    <span className="dot-and-whisker" style={{ color: colour }} aria-hidden="true">
      <i className="whisker" style={{ left: at(low, axis), right: `${100 - part(high, axis)}%` }} />
      <i className="point" style={{ left: at(value, axis) }} />
    </span>
  );
}

const part = (value: number, { from, to }: Axis) => (100 * (value - from)) / (to - from);
const at = (value: number, axis: Axis) => `${part(value, axis).toFixed(2)}%`;

/** Round numbers need no digits after their last. */
const tickText = (value: number, unit: ReportedNumber["unit"]) =>
  String(Number((unit === "fraction" ? 100 * value : value).toPrecision(6))).replace("-", "−");
