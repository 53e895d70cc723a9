/** A run's state in words. */
import { endedStates, type RunStatus } from "../../../engine/protocol/training.ts";

export function isGoing(status: RunStatus | undefined): boolean {
  return status !== undefined && !endedStates.includes(status.state);
}

const words: Readonly<Record<RunStatus["state"], string>> = {
  starting: "Starting",
  playing: "Training",
  paused: "Paused",
  stopping: "Stopping after this step",
  done: "Done",
  stopped: "Stopped",
  failed: "Ended by an error",
};

export function stateInWords({ state, phase }: RunStatus): string {
  return phase === "heads" && state === "playing" ? "Warming up the heads" : words[state];
}
