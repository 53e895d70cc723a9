/** The steps of a run as frames of a clip: each is put on the stage, and taken as it is shown there. */
import { cancelled, EngineError } from "../../../engine/protocol/errors.ts";
import type { FigureLookInput, FigurePaneInput } from "../../../engine/protocol/figure.ts";
import type { Look, LookStore } from "../../store/look.ts";
import { drawnModel, isArrived } from "../../store/timeline-view.ts";
import { formatCount } from "../numbers.ts";
import { shownPanes } from "./figure-panes.ts";
import { isSpaceShowable } from "./stage-complete.ts";
import { finishedPanes, takenPanes, type TakenPane } from "./taken-panes.ts";

export interface ClipFrame {
  readonly title: string;
  readonly panes: FigurePaneInput[];
}

/**
 * @param isWanted which of the panes are in it
 * @param steps   of the timeline, in the order of the clip
 * @param onFrame told how many there are so far
 * @throws EngineError "cancelled", or why a step cannot be shown
 */
export async function clipFrames(
  store: LookStore,
  steps: readonly number[],
  { look, isWanted }: { look: FigureLookInput; isWanted: (pane: TakenPane) => boolean },
  signal: AbortSignal,
  onFrame: (count: number) => void,
): Promise<ClipFrame[]> {
  const before = store.getState().timeline?.at;
  const goTo = (step: number) => {
    const state = store.getState();
    state.quietly(() => state.goTo(step));
  };
  const frames: ClipFrame[] = [];
  try {
    for (const step of steps) {
      goTo(step);
      await shown(store, step, signal);
      const taken = takenPanes(store).filter(isWanted);
      const panes = await finishedPanes(store, taken, look, signal);
      frames.push({ title: `step ${formatCount(step)}`, panes });
      onFrame(frames.length);
    }
    return frames;
  } finally {
    if (before !== undefined) goTo(before);
  }
}

/** Wait until every pane shows the step. */
function shown(store: LookStore, step: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stop();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = () => end(() => reject(cancelled("The clip")));
    const look = () => {
      const state = store.getState();
      const { timeline } = state;
      const problem = timeline?.broken.get(step);
      if (!timeline) {
        end(() => reject(new EngineError("run.missing", "The run was closed on the way")));
      } else if (problem) {
        const message = `Step ${formatCount(step)} cannot be shown: ${problem.message}`;
        end(() => reject(new EngineError("run.damaged", message, { hint: problem.hint })));
      } else if (isComplete(state, step)) end(resolve);
    };
    const stop = store.subscribe(look);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else look();
  });
}

function isComplete(state: Look, step: number): boolean {
  const wanted = state.timeline?.cards.get(step)?.id;
  if (state.timeline?.at !== step || wanted === undefined || !isArrived(state)) return false;
  return shownPanes(state).every((pane) => {
    if (pane === "space") return isSpaceShowable(state);
    return (pane === "gram" ? state.answers.gram?.ref.model : drawnModel(state, pane)) === wanted;
  });
}
