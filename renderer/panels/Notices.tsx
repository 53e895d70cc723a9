/** What went wrong, one line each with what to do; and whether the engine lets this page in. */
import { useLook } from "./store-context.ts";

export function Notices() {
  const isRefused = useLook((state) => state.connection.kind === "refused");
  const notices = useLook((state) => state.notices);
  const dismiss = useLook((state) => state.dismiss);
  return (
    <div className="notices">
      {isRefused && <Refused />}
      {notices.map(({ id, tone, message, hint }) => (
        <div key={id} className={`notice ${tone}`} {...roles[tone]}>
          <span>
            <b>{tone === "error" ? "Error" : "Note"}</b> {message}
            {hint !== undefined && <span className="hint"> {hint}</span>}
          </span>
          <button aria-label="Dismiss" title="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}

/** Errors interrupt; a note is read out by the announcer, and not a second time here. */
const roles = {
  error: { role: "alert" },
  note: { role: "status", "aria-live": "off" },
} as const;

function Refused() {
  return (
    <div className="notice error" role="alert">
      <span>
        <b>Error</b> The engine refused this page: the token in its address is missing or wrong.
        <span className="hint">
          {" "}
          Open the whole address that the engine printed when it started, with its ?token= part.
        </span>
      </span>
    </div>
  );
}
