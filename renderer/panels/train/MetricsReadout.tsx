/** The numbers of one step of a run: how far it is, every term unweighted, and what changed. */
import { formatReading, formatStep, formatTick } from "../../../engine/protocol/chart-numbers.ts";
import {
  noteOf,
  termNotes,
  titleMeanings,
  type TermGroup,
} from "../../../engine/protocol/term-notes.ts";
import { flagColumns } from "../../../engine/protocol/run-marks.ts";
import { formatRemaining } from "../numbers.ts";
import { Words } from "../learn/Words.tsx";

/** One line of metrics.jsonl without its step: by key, a term that the recipe does not use is absent. */
export type StepMetrics = Readonly<Record<string, number>>;

export interface MetricsReadoutProps {
  readonly latest: StepMetrics | undefined;
  /** An earlier step, to compare with. */
  readonly previous?: StepMetrics | undefined;
  readonly step: number;
  readonly steps: number;
  /** Images a second, averaged. */
  readonly speed?: number | undefined;
  /** Milliseconds until the last step. */
  readonly eta?: number | undefined;
}

const groupTitles: Readonly<Record<TermGroup, string>> = {
  loss: "Terms, unweighted",
  schedule: "Schedules",
  speed: "Speed and memory",
  other: "Other",
};

const sums = ["loss", "grad_norm"];

/** Shown above, or no measure. */
const notListed = new Set([
  "step",
  "elapsed_s",
  "images_per_s",
  "head_warmup",
  ...Object.keys(flagColumns),
]);

export function MetricsReadout(props: MetricsReadoutProps) {
  const { latest, previous, step, steps, speed, eta } = props;
  // The sum stands under its terms.
  const order = Object.keys(termNotes).filter((key) => !sums.includes(key));
  const known = [...order, ...sums].filter((key) => latest?.[key] !== undefined);
  const unknown = Object.keys(latest ?? {}).filter((key) => !(key in termNotes));
  const keys = [...known, ...unknown].filter((key) => !notListed.has(key));
  return (
    <section className="metrics" data-light="figures" aria-label="Step in figures">
      <h2>
        Step
        <span className="num metrics-step">
          {formatStep(step)} of {formatStep(steps)}
        </span>
      </h2>
      <progress value={step} max={Math.max(1, steps)} aria-label="Progress of the run" />
      <p className="num metrics-pace">
        <span>{speed === undefined ? "" : `${formatReading(speed)} images/s`}</span>
        <span>{eta === undefined || step >= steps ? "" : formatRemaining(eta)}</span>
      </p>
      {latest === undefined && <p className="note">The first step is on its way.</p>}
      {(["loss", "schedule", "speed", "other"] as const).map((group) => {
        const shown = keys.filter((key) => noteOf(key).group === group);
        if (shown.length === 0 || !latest) return null;
        return (
          <table key={group}>
            <caption>
              <Words>{groupTitles[group]}</Words>
            </caption>
            <tbody>
              {shown.map((key) => (
                <Line key={key} name={key} value={latest[key]!} before={previous?.[key]} />
              ))}
            </tbody>
          </table>
        );
      })}
    </section>
  );
}

function Line({
  name,
  value,
  before,
}: {
  name: string;
  value: number;
  before?: number | undefined;
}) {
  const { title, unit, note, factor, group } = noteOf(name);
  return (
    <tr className={name === "loss" ? "sum" : ""}>
      <th scope="row" title={unit ? `${note} (${unit})` : note}>
        <Words means={titleMeanings}>{title}</Words>
      </th>
      <td className={Number.isFinite(value) ? "num" : "num not-finite"}>
        {formatReading(value * factor)}
        {group === "speed" && <span className="unit"> {unit}</span>}
      </td>
      <td className="num change">{changeOf(value * factor, before && before * factor)}</td>
    </tr>
  );
}

/** A direction is neither good nor bad by itself, so it has a sign and no colour. */
function changeOf(value: number, before: number | undefined): string {
  if (before === undefined || !Number.isFinite(value - before)) return "";
  const change = value - before;
  // Too small to be seen in the digits of the value.
  if (change === 0 || Math.abs(change) < Math.abs(value) * 1e-5) return "=";
  return `${change > 0 ? "+" : "−"}${formatTick(Number(Math.abs(change).toPrecision(2)))}`;
}
