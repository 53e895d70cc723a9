/** A field for the folder of a run, and what is open of it. */
import { useShallow } from "zustand/react/shallow";
import { baseName } from "../../store/base-name.ts";
import { offeredPaths } from "../../store/measure-paths.ts";
import { formatCount } from "../numbers.ts";
import { useLook } from "../store-context.ts";
import { OpenForm } from "../OpenForm.tsx";
import { Words } from "../learn/Words.tsx";

export function OpenRun() {
  const folder = useLook((state) => state.timeline?.folder);
  return (
    <section aria-label="Run">
      <h2>Run</h2>
      {folder === undefined ? <RunField /> : <OpenedRun folder={folder} />}
    </section>
  );
}

function RunField() {
  const offered = useLook(
    useShallow((state) => offeredPaths(state, "run").map(({ path }) => path)),
  );
  const openTimeline = useLook((state) => state.openTimeline);
  const choose = async () => {
    const folder = await window.desktop?.openModelFolder();
    if (folder !== undefined) await openTimeline(folder);
  };
  return (
    <OpenForm
      label="Scrub through its checkpoints"
      title="The folder of a run: of Gramscope, or of the official code of DINOv3"
      action="Open run"
      offered={offered.map((value) => ({ value, label: "" }))}
      onOpen={(path) => void openTimeline(path)}
    >
      {window.desktop && (
        <button type="button" className="wide" onClick={() => void choose()}>
          Choose a folder…
        </button>
      )}
    </OpenForm>
  );
}

function OpenedRun({ folder }: { folder: string }) {
  const count = useLook((state) => state.timeline?.checkpoints.length ?? 0);
  const isGrowing = useLook((state) => state.timeline?.isGrowing ?? false);
  const closeTimeline = useLook((state) => state.closeTimeline);
  return (
    <div className="card opened-run">
      <strong title={folder}>{baseName(folder)}</strong>
      <button title="Close the run; the checkpoint stays open as a model" onClick={closeTimeline}>
        Close
      </button>
      <span className="faint">
        <span className="num">{formatCount(count)}</span>{" "}
        <Words>{count === 1 ? "checkpoint" : "checkpoints"}</Words>
        {isGrowing && ", growing"}
      </span>
    </div>
  );
}
