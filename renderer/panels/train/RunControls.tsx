/** The run of this engine: where it stands, how it is steered, and the numbers of its last step. */
import type { RunAction } from "../../../engine/protocol/training.ts";
import type { Look } from "../../store/look.ts";
import { useLook } from "../store-context.ts";
import { GramWeightSlider } from "./GramWeightSlider.tsx";
import { MetricsReadout } from "./MetricsReadout.tsx";
import { Refusal } from "./Refusal.tsx";
import { withKeys } from "../actions/registry.ts";
import { isGoing, stateInWords } from "./run-words.ts";
import { Words } from "../learn/Words.tsx";

export function RunControls() {
  const status = useLook((state) => state.status);
  const notes = useLook((state) => state.notes);
  const resumeRun = useLook((state) => state.resumeRun);
  const isBeginning = useLook((state) => state.isBeginning);
  const openLook = useLook((state) => state.lookAtRun);
  if (!status) return null;
  const { state, folder, step, steps, error } = status;
  const hasMore = (state === "stopped" || state === "failed") && step < steps;
  return (
    <>
      <section className="run-card" aria-label="Run">
        <h2>
          <Words>{stateInWords(status)}</Words>{" "}
          <span className="num">
            <Words>{status.kind}</Words>
          </span>
        </h2>
        <p className="run-folder" title={folder}>
          <bdi>{folder}</bdi>
        </p>
        {isGoing(status) && <Buttons state={state} />}
        {isGoing(status) && status.gramWeight !== undefined && <GramWeightSlider />}
        {error && (
          <div className="refusal" role="alert">
            <p>{error.message}</p>
            {error.hint !== undefined && <p className="faint">{error.hint}</p>}
          </div>
        )}
        <div className="run-buttons">
          {hasMore && (
            <button
              className="primary"
              disabled={isBeginning}
              onClick={() => void resumeRun(folder)}
            >
              {isBeginning ? "Starting" : "Resume from the last checkpoint"}
            </button>
          )}
          <button
            title="Open the teacher of the newest checkpoint on the photographs"
            onClick={() => void openLook()}
          >
            Look at the newest checkpoint
          </button>
        </div>
        <Refusal isOf={(refusal) => refusal.of === "resume" && refusal.folder === folder} />
      </section>
      <Figures />
      {notes.length > 0 && (
        <details className="run-log">
          <summary>Log</summary>
          <pre>{notes.join("\n")}</pre>
        </details>
      )}
    </>
  );
}

function Buttons({ state }: { state: string }) {
  const control = useLook((look) => look.control);
  const isPaused = state === "paused";
  const send = (action: RunAction) => () => void control(action);
  return (
    <div className="joined run-steer" role="group" aria-label="Steer the run">
      {isPaused ? (
        <button title={withKeys("Go on", "train-play")} onClick={send("play")}>
          Play
        </button>
      ) : (
        <button
          title={withKeys("Pause after this step", "train-play")}
          disabled={state !== "playing"}
          onClick={send("pause")}
        >
          Pause
        </button>
      )}
      <button
        title={withKeys("One step", "train-step")}
        disabled={state === "stopping"}
        onClick={send("step")}
      >
        One step
      </button>
      <button
        title="Stop after this step; the state is saved and the run can be resumed"
        disabled={state === "stopping"}
        onClick={send("stop")}
      >
        Stop
      </button>
    </div>
  );
}

function Figures() {
  const status = useLook((state) => state.status!);
  const columns = useLook((state) => currentCurves(state)?.columns);
  const length = useLook((state) => currentCurves(state)?.steps.length ?? 0);
  const row = (index: number) =>
    columns && index >= 0
      ? Object.fromEntries(
          Object.entries(columns)
            .map(([key, values]) => [key, values[index]!] as const)
            .filter(([, value]) => Number.isFinite(value)),
        )
      : undefined;
  const latest = row(length - 1);
  return (
    <MetricsReadout
      latest={latest}
      previous={row(length - 2)}
      step={status.step}
      steps={status.steps}
      speed={latest?.["images_per_s"]}
      eta={isGoing(status) ? status.remainingMs : undefined}
    />
  );
}

function currentCurves({ runs, status, watch }: Look) {
  const own = runs.find((run) => run.record.folder === status?.folder);
  return own?.curves.get(watch.student);
}
