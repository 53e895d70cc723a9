/** What went wrong, one line each with what to do; and whether the engine is there. */
import { useEffect, useState } from "react";
import type { ConnectionState } from "../connection/engine-client.ts";
import { useLook } from "./store-context.ts";

export function Notices({ retry }: { retry: () => void }) {
  const connection = useLook((state) => state.connection);
  const notices = useLook((state) => state.notices);
  const dismiss = useLook((state) => state.dismiss);
  return (
    <div className="notices">
      <Connection state={connection} retry={retry} />
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

function Connection({ state, retry }: { state: ConnectionState; retry: () => void }) {
  switch (state.kind) {
    case "open":
    case "connecting":
      return null;
    case "refused":
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
    case "lost":
      return <Lost state={state} retry={retry} />;
  }
}

function Lost({ state, retry }: { state: ConnectionState & { kind: "lost" }; retry: () => void }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const process = useLook((state) => state.engineProcess);
  const ended = process?.kind === "restarting" || process?.kind === "failed" ? process : undefined;
  const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
  return (
    <div className="notice caution" role="alert">
      <span>
        <b>No engine</b> The connection to the engine is lost; what is on screen stays.
        {ended && ` ${ended.reason} ${ended.hint}`}
        {ended && ended.lastWords.length > 0 && (
          <details>
            <summary>Its last words</summary>
            <pre className="num">{ended.lastWords.join("\n")}</pre>
          </details>
        )}
        <span className="hint">
          {" "}
          {/* Of a countdown each second would be read out. */}
          <span aria-live="off">
            {seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now."}
          </span>{" "}
          If the engine has stopped, start it again.
        </span>
      </span>
      <button onClick={retry}>Try now</button>
    </div>
  );
}
