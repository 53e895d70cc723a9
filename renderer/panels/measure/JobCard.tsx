/** The button that starts long work, and in its place, while it goes, how far it is; and how it ended. */
import type { JobEnd, JobTab } from "../../store/measure-state.ts";
import { formatRemaining } from "../numbers.ts";
import { useLook } from "../store-context.ts";
import { Words } from "../learn/Words.tsx";

export function JobCard(props: {
  tab: JobTab;
  label: string;
  /** What the form still lacks. */
  problem: string | undefined;
  /** What becomes of the work when the page goes. */
  note: string;
  onStart: () => void;
}) {
  const { tab, label, problem, note, onStart } = props;
  const job = useLook((state) => state.job);
  const end = useLook((state) => state.jobEnds[tab]);
  const isOpen = useLook((state) => state.connection.kind === "open");
  if (job?.tab === tab) return <Going note={note} />;
  const wait = job && `${job.title} goes on, and measuring takes turns.`;
  const why = problem ?? wait ?? (isOpen ? undefined : "The engine is not connected.");
  return (
    <section className="job" aria-label={label}>
      <button className="primary wide" disabled={why !== undefined} onClick={onStart}>
        {label}
      </button>
      {why !== undefined && (
        <p className="note">
          <Words>{why}</Words>
        </p>
      )}
      {end && <Ended end={end} />}
    </section>
  );
}

function Going({ note }: { note: string }) {
  const job = useLook((state) => state.job!);
  const cancel = useLook((state) => state.cancelJob);
  const { title, label, fraction, remainingMs } = job;
  const parts = [
    fraction === undefined ? undefined : `${Math.floor(100 * fraction)} %`,
    remainingMs === undefined ? undefined : formatRemaining(remainingMs),
  ];
  return (
    <section className="job" aria-label="Work in progress">
      <p className="job-title" role="status">
        {title}
      </p>
      <progress max={1} value={fraction} aria-label={title} />
      <p className="job-pace">
        <span>{label}</span>
        <span className="num">{parts.filter(Boolean).join(" · ")}</span>
      </p>
      <button className="wide" onClick={cancel}>
        Cancel
      </button>
      <p className="note">{note}</p>
    </section>
  );
}

function Ended({ end: { kind, message, hint } }: { end: JobEnd }) {
  return (
    <div
      className={kind === "refused" ? "refusal" : "refusal caution"}
      role={kind === "refused" ? "alert" : "status"}
    >
      <p>{message}</p>
      {hint !== undefined && <p className="faint">{hint}</p>}
    </div>
  );
}
