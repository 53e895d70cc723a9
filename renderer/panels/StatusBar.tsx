/** The bottom line: latency, memory, how pictures are drawn, and what is being worked on. */
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { paintReport } from "../scene/timings.ts";
import { patienceMs } from "../store/activity-slice.ts";
import type { Activity } from "../store/activity-state.ts";
import { formatGigabytes, formatMs, formatRemaining } from "./numbers.ts";
import { useLook } from "./store-context.ts";
import { Words } from "./learn/Words.tsx";

export function StatusBar() {
  const { mapMs, path, why } = useStore(paintReport);
  const features = useLook((state) => state.features.main);
  const memory = useLook((state) => state.info?.memory);
  const newest = useLook((state) => state.activities.at(-1));
  return (
    <footer className="status">
      {mapMs !== undefined && (
        <span title="From the pointer's event to the drawn map">
          map <span className="num">{formatMs(mapMs)}</span>
        </span>
      )}
      {features && (
        <span title="What the backbone took on the engine">
          <Words>features</Words>{" "}
          <span className="num">{features.cached ? "cached" : formatMs(features.elapsedMs)}</span>
        </span>
      )}
      {memory && (
        <span title="The engine's memory, of the machine's">
          memory{" "}
          <span className="num">
            {formatGigabytes(memory.resident)} of {formatGigabytes(memory.total)} GB
          </span>
        </span>
      )}
      {path === "canvas2d" && (
        <span className="path-note" title="Maps are the same, drawing is slower">
          drawn on a 2D canvas{why !== undefined && `: ${why}`}
        </span>
      )}
      <span className="spring" />
      {newest && <Work key={newest.id} activity={newest} />}
    </footer>
  );
}

function Work({ activity }: { activity: Activity }) {
  const [isLong, setLong] = useState(false);
  const { label, fraction, remainingMs, cancel } = activity;
  // Elsewhere Escape has other uses.
  const hasKey = useLook((state) => state.page === "look");
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!isLong) return null;
  return (
    <span className="work" role="status" aria-live="off">
      <span>{label}</span>
      <progress max={1} value={fraction} aria-label={label} />
      {remainingMs !== undefined && <span className="num">{formatRemaining(remainingMs)}</span>}
      <button title={hasKey ? "Cancel (Esc)" : "Cancel"} onClick={cancel}>
        Cancel
      </button>
    </span>
  );
}
