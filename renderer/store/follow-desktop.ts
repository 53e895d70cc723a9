/** Joins the page to the desktop window: what is opened from outside, recent files, the engine's state. */
import { endedStates, type RunStatus } from "../../engine/protocol/training.ts";
import type { Desktop } from "../../electron/desktop.ts";
import type { LookStore } from "./look.ts";

/** @returns stops following */
export function followDesktop(store: LookStore, desktop: Desktop): () => void {
  const refresh = () =>
    void desktop.recent().then(
      (recent) => store.getState().setRecent(recent),
      () => {},
    );
  const stopOpening = desktop.onOpen((opened) => {
    const { openFiles, openModel, openSession, notify } = store.getState();
    switch (opened.kind) {
      case "images":
        void openFiles(
          opened.files.map(({ name, bytes, path }) => ({
            name,
            path,
            blob: new Blob([bytes.slice()]),
          })),
        );
        break;
      case "model":
        void openModel(opened.path);
        break;
      case "session":
        void openSession({ path: opened.path });
        break;
      case "problem":
        notify("error", opened.message, opened.hint);
        break;
    }
    refresh();
  });
  const stopEngine = desktop.onEngine((engineProcess) => store.setState({ engineProcess }));
  const stopModels = store.subscribe((state, before) => {
    if (state.model !== before.model || state.photographs.length !== before.photographs.length) {
      refresh();
    }
  });
  const stopRuns = store.subscribe(({ status }, before) => {
    if (status !== before.status) desktop.tellRun(runInWords(status));
  });
  refresh();
  return () => {
    stopRuns();
    stopOpening();
    stopEngine();
    stopModels();
  };
}

/** What the window asks with before it closes. */
function runInWords(status: RunStatus | undefined): string | undefined {
  if (!status || endedStates.includes(status.state)) return undefined;
  const { kind, step, steps } = status;
  return `A run is going: ${kind}, step ${step} of ${steps}`;
}
