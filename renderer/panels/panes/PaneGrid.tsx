/** Many panes in rows and columns; what does not fit is scrolled to, and computed when it is seen. */
import { useMemo } from "react";
import { allPanes } from "../../store/seen.ts";
import type { Pane } from "../../store/view-state.ts";
import { PaneFooter } from "../PaneFooter.tsx";
import { PhotoPane } from "../PhotoPane.tsx";
import { useLook } from "../store-context.ts";

/** With more panes than this, numbers and scales stand under all of them, once. */
const mostWithFoot = 6;

export function PaneGrid() {
  const ids = useLook((state) => allPanes(state).join(" "));
  const columns = useLook((state) => state.columns);
  const panes = useMemo(() => ids.split(" ") as Pane[], [ids]);
  const wide = columns ?? Math.ceil(Math.sqrt(panes.length));
  const isCompact = panes.length > mostWithFoot;
  return (
    <div className="pane-field">
      <div
        className={isCompact ? "pane-grid compact" : "pane-grid"}
        style={{ "--columns": wide } as React.CSSProperties}
      >
        {panes.map((pane) => (
          <PhotoPane key={pane} pane={pane} />
        ))}
      </div>
      {isCompact && <PaneFooter pane="main" />}
    </div>
  );
}
