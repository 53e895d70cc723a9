/** Under a photograph: the value at the cursor on the left, the legend on the right. */
import { Legend } from "./Legend.tsx";
import { Readout } from "./Readout.tsx";
import { TokenCells } from "./TokenCells.tsx";
import type { Pane } from "../store/view-state.ts";

export function PaneFooter({ pane }: { pane: Pane }) {
  return (
    <footer className="pane-foot">
      <TokenCells pane={pane} />
      <Readout pane={pane} />
      <Legend pane={pane} />
    </footer>
  );
}
