/** What a probe measured in this session: models side by side, then classes, cases and settings of one. */
import { curveKey } from "../../charts/chart-colours.ts";
import type { ReportedNumber } from "../../../engine/protocol/probe-report.ts";
import { isComparable, nameOf } from "../../store/measure-probes-slice.ts";
import type { ProbeResult } from "../../store/measure-probes-state.ts";
import { Facts } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { CaseGallery } from "./CaseGallery.tsx";
import { ClassBars } from "./ClassBars.tsx";
import { formatMeasured, formatSeconds, withUnit } from "./measured-numbers.ts";
import { NumberPlots } from "./NumberPlots.tsx";
import { SaveReport } from "./SaveReport.tsx";
import { Words } from "../learn/Words.tsx";

export function ProbeResults() {
  const probe = useLook((state) => state.probeForm.probe);
  const description = useLook((state) =>
    state.measuring?.probes.find(({ name }) => name === state.probeForm.probe),
  );
  const all = useLook((state) => state.probeResults);
  const shownId = useLook((state) => state.shownResult);
  const results = all.filter(({ report }) => report.probe === probe);
  const shown = results.find(({ id }) => id === shownId) ?? results.at(-1);
  if (!shown) return <Nothing />;
  const alike = results.filter((one) => isComparable(one, shown));
  const otherwise = results.filter((one) => !alike.includes(one));
  const { report, pictures } = shown;
  const first = report.numbers[0]!;
  return (
    <div className="result">
      <section className="probe-head" aria-label="Measured">
        <div role="status">
          <h2>
            <Words>{description?.title ?? report.probe}</Words> of {nameOf(shown)}
          </h2>
          <FirstNumber number={first} />
        </div>
        <p className="faint num">
          <Words>
            {`${report.data.description} · preset ${report.preset} · seed ${report.seed} · ${formatSeconds(report.elapsedSeconds)}`}
          </Words>
        </p>
        <ul className="measured-models" aria-label="Models that were measured alike">
          {alike.map((result, i) => (
            <Model key={result.id} result={result} colourIndex={i} isShown={result === shown} />
          ))}
        </ul>
        {otherwise.length > 0 && (
          <>
            <p className="note">Measured otherwise, and not to be set beside these:</p>
            <ul className="measured-models">
              {otherwise.map((result) => (
                <Model key={result.id} result={result} isShown={false} />
              ))}
            </ul>
          </>
        )}
      </section>
      <section aria-label="Numbers">
        <h2>
          <Words>Numbers, with 95 % intervals</Words>
        </h2>
        <NumberPlots results={alike} />
      </section>
      {report.perClass && (
        <section aria-label="By class">
          <h2>
            By class: <Words>{first.name}</Words>
            {alike.length > 1 && <span className="faint"> of every model</span>}
          </h2>
          <ClassBars results={alike} />
        </section>
      )}
      {pictures.length > 0 && (
        <section aria-label="Cases">
          <h2>
            Best, median and worst
            {alike.length > 1 && (
              <span className="faint"> of {nameOf(shown)}; choose another above</span>
            )}
          </h2>
          <CaseGallery key={shown.id} result={shown} />
        </section>
      )}
      <section className="probe-foot" aria-label="Report">
        <details>
          <summary>Settings</summary>
          <Facts
            facts={[
              { label: "model", text: shown.wish.model },
              { label: "weights", text: report.model.fingerprint },
              ...Object.entries(report.settings).map(([label, value]) => ({
                label,
                text: Array.isArray(value) ? value.join(", ") : String(value),
              })),
            ]}
          />
        </details>
        <SaveReport report={report} name={`${report.probe}-${nameOf(shown)}`} />
      </section>
    </div>
  );
}

/** The one that stands for the probe. */
function FirstNumber({ number: { name, value, low, high, unit } }: { number: ReportedNumber }) {
  return (
    <p className="first-number">
      <Words>{name}</Words> <b>{withUnit(value, unit)}</b>
      {low !== undefined && high !== undefined && (
        <span className="num">
          {formatMeasured(low, unit)} to {formatMeasured(high, unit)}
        </span>
      )}
    </p>
  );
}

function Model(props: { result: ProbeResult; isShown: boolean; colourIndex?: number }) {
  const { result, isShown, colourIndex } = props;
  const show = useLook((state) => state.showResult);
  const remove = useLook((state) => state.removeResult);
  const name = nameOf(result);
  const { report, wish } = result;
  return (
    <li>
      <button
        aria-pressed={isShown}
        title={`${wish.model}\n${report.data.description}, preset ${report.preset}, seed ${report.seed}`}
        onClick={() => show(result.id)}
      >
        {colourIndex !== undefined && (
          <i
            className="curve-key"
            style={{ background: curveKey(colourIndex) }}
            aria-hidden="true"
          />
        )}
        {name}
      </button>
      <button
        aria-label={`Take ${name} away`}
        title="Take it away"
        onClick={() => remove(result.id)}
      >
        ×
      </button>
    </li>
  );
}

function Nothing() {
  const isGoing = useLook((state) => state.job?.tab === "probes");
  return (
    <div className="nothing">
      {isGoing ? (
        <p>Its numbers and cases appear here.</p>
      ) : (
        <>
          <p>
            <Words>How good are the frozen features of a model, in numbers?</Words>
          </p>
          <p className="faint">
            <Words>
              Choose a model on the left and press Measure. Results of this session stay, so that
              models can be set side by side; there are none of this probe yet.
            </Words>
          </p>
        </>
      )}
    </div>
  );
}
