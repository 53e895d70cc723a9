/** Training: the recipe or the run on the left, its curves, and what it sees and learns on the right. */
import { useLook } from "../store-context.ts";
import { AssignmentsPanel } from "./AssignmentsPanel.tsx";
import { BatchPanel } from "./BatchPanel.tsx";
import { CurvesPanel } from "./CurvesPanel.tsx";
import { NewRun } from "./NewRun.tsx";
import { RunControls } from "./RunControls.tsx";
import { isGoing } from "./run-words.ts";
import { WatchPanel } from "./WatchPanel.tsx";

export function TrainPage() {
  const going = useLook((state) => isGoing(state.status));
  return (
    <>
      <aside className="left" aria-label="Run">
        <RunControls />
        {!going && <NewRun />}
      </aside>
      <main className="middle train-curves">
        <CurvesPanel />
      </main>
      <aside className="right" aria-label="What the run sees">
        <WatchPanel />
        <AssignmentsPanel />
        <BatchPanel />
      </aside>
    </>
  );
}
