/** The advice as a sentence, what follows from it, and what it was found on. */
import { useState } from "react";
import { baseName } from "../../store/base-name.ts";
import { refinementOf } from "../../store/measure-compare-slice.ts";
import type { Comparison } from "../../store/measure-compare-state.ts";
import { useLook } from "../store-context.ts";
import { adviceOf, type Advice } from "./advice.ts";
import { tableAsCsv, type Column, type Row } from "./compare-table.ts";
import { formatSeconds } from "./measured-numbers.ts";
import { SaveReport } from "./SaveReport.tsx";
import { Words } from "../learn/Words.tsx";

const signs: Readonly<Record<Advice["tone"], string>> = { fading: "▼", fine: "✓", unclear: "?" };

export function CompareVerdict(props: {
  comparison: Comparison;
  rows: readonly Row[];
  columns: readonly Column[];
}) {
  const { comparison, rows, columns } = props;
  const { report, wish, scored } = comparison;
  const advice = report && adviceOf(report);
  return (
    <section className={`verdict ${advice?.tone ?? "open"}`} aria-label="Advice">
      <div role="status">
        {advice ? (
          <>
            <h2>
              <span aria-hidden="true">{signs[advice.tone]}</span> <Words>{advice.headline}</Words>
            </h2>
            <p className="sentence">
              <Words>{advice.sentence}</Words>
            </p>
          </>
        ) : (
          <Open comparison={comparison} />
        )}
      </div>
      {advice && advice.remarks.length > 0 && (
        <ul>
          {advice.remarks.map((remark) => (
            <li key={remark} className={remark.startsWith("But ") ? "against" : undefined}>
              <Words>{remark}</Words>
            </li>
          ))}
        </ul>
      )}
      <div className="verdict-foot">
        {report && refinementOf(report, wish) && <Refine />}
        {report && <SaveReport report={report} name={`compare-${baseName(wish.paths[0]!)}`} />}
        <CopyTable text={() => tableAsCsv(rows, columns)} />
        {report?.data.skipped && report.data.skipped.length > 0 && (
          <Skipped files={report.data.skipped} />
        )}
        <p className="faint num">
          <Words>{report ? factsOf(report) : `${scored.length} scored so far`}</Words>
        </p>
      </div>
    </section>
  );
}

function factsOf({ description, data, settings, models, elapsedSeconds }: ReportOf): string {
  const cached = models.filter(({ isCached }) => isCached).length;
  return [
    description,
    data.description,
    `views of ${settings.side} px`,
    `seed ${settings.seed}`,
    `${formatSeconds(elapsedSeconds)}${cached > 0 ? `, ${cached} of ${models.length} remembered` : ""}`,
  ].join(" · ");
}

type ReportOf = NonNullable<Comparison["report"]>;

/** Before there is advice, or where one model has nothing beside it. */
function Open({ comparison: { report, quality } }: { comparison: Comparison }) {
  const isGoing = useLook((state) => state.job?.tab === "compare");
  if (report) {
    return (
      <>
        <h2>One model, nothing to compare it with</h2>
        <p className="sentence">
          Its scores are below; the next model is set against it. Give a run, or more models.
        </p>
      </>
    );
  }
  return (
    <>
      <h2>{isGoing ? "Scoring" : "Not finished"}</h2>
      <p className="sentence">
        <Words>
          {isGoing
            ? quality
              ? "The advice comes with the last model. Until then the curve moves: its middle is that of the models so far."
              : "Dense quality is drawn from the second trained model on, the advice comes with the last."
            : "There is no advice on part of the models. What was scored is remembered: press Compare to go on."}
        </Words>
      </p>
    </>
  );
}

function Skipped({ files }: { files: readonly { file: string; reason: string }[] }) {
  return (
    <details className="skipped">
      <summary>
        {files.length} {files.length === 1 ? "file" : "files"} left out
      </summary>
      <ul>
        {files.map(({ file, reason }) => (
          <li key={file}>
            <bdi>{baseName(file)}</bdi>: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Refine() {
  const refine = useLook((state) => state.refineAsAdvised);
  const canRefine = useLook((state) => state.recipes !== undefined);
  return (
    <button
      className="primary"
      disabled={!canRefine}
      title="Opens Train with a refinement that has this checkpoint as its Gram teacher; nothing is started"
      onClick={() => void refine()}
    >
      Refine with this teacher…
    </button>
  );
}

function CopyTable({ text }: { text: () => string }) {
  const notify = useLook((state) => state.notify);
  const [copied, setCopied] = useState<string>();
  const copy = async () => {
    const csv = text();
    try {
      await navigator.clipboard.writeText(csv);
      setCopied(csv);
    } catch {
      notify("error", "The browser did not let the page copy.", "Save the report instead.");
    }
  };
  const isCopied = copied !== undefined && copied === text();
  return (
    <>
      <button title="The table, with the ends of every interval" onClick={() => void copy()}>
        Copy as CSV
      </button>
      <span role="status" className="faint">
        {isCopied ? "Copied" : ""}
      </span>
    </>
  );
}
