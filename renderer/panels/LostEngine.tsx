/**
 * That the engine is gone: a line over the status bar, where nothing works without it, so that nothing
 * of the page moves when it comes and goes.
 */
import { useEffect, useState } from "react";
import type { ConnectionState } from "../connection/engine-client.ts";
import { useLook } from "./store-context.ts";

export function LostEngine({ retry }: { retry: () => void }) {
  const connection = useLook((state) => state.connection);
  return connection.kind === "lost" ? <Lost state={connection} retry={retry} /> : null;
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
    <div className="lost" role="alert">
      <span>
        <b>No engine</b> What is on screen stays.{" "}
        {/* Of a countdown each second would be read out. */}
        <span className="hint" aria-live="off">
          {seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now."}
        </span>
      </span>
      <details>
        <summary>{ended ? "Why, and what to do" : "What to do"}</summary>
        <div>
          <p>
            The connection to the engine is lost.{" "}
            {ended ? `${ended.reason} ${ended.hint}` : "If the engine has stopped, start it again."}
          </p>
          {ended && ended.lastWords.length > 0 && (
            <>
              <p>Its last words:</p>
              <pre className="num">{ended.lastWords.join("\n")}</pre>
            </>
          )}
        </div>
      </details>
      <button onClick={retry}>Try now</button>
    </div>
  );
}
