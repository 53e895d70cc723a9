/** Entry of the training thread: it owns the executor and the state of one run. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort } from "node:worker_threads";
import { chooseExecutor } from "../executors/choose.ts";
import { serve } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import type { RunAction, TrainingEvent } from "../protocol/training.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { refuseIfScarce } from "../train/memory-check.ts";
import { beginRun, resumeRun, type TrainOptions } from "../train/open-run.ts";
import type { TrainingRun } from "../train/run.ts";
import { RunReporter } from "./run-reporter.ts";
import { stepAside } from "./step-aside.ts";
import { threadPort } from "./thread-port.ts";
import { trainRequests } from "./train-messages.ts";

stepAside();

let run: TrainingRun | undefined;
let reporter: RunReporter | undefined;

const dataThreadFile = path.join(path.dirname(fileURLToPath(import.meta.url)), "data-thread.js");

serve(
  threadPort(parentPort!),
  trainRequests,
  {
    train: async ({ device, rope, folder, recipe, isPaused, ignoreMemory }, call) => {
      const { executor } = await chooseExecutor(device);
      try {
        const options: TrainOptions = {
          executor,
          rope,
          isPaused,
          dataThreadFile,
          listener: (event) => reporter?.tell(event),
          onEstimate: (estimate) => {
            if (!ignoreMemory) refuseIfScarce(estimate, "Or start it all the same.");
          },
        };
        run = recipe
          ? await beginRun(resolveRecipe(recipe), folder, options)
          : await resumeRun(folder, options);
        reporter = new RunReporter(run, (event: TrainingEvent) => call.emit(event));
        reporter.tellStatus();
        await run.train();
        return reporter.status(run.done < run.steps ? "stopped" : "done");
      } finally {
        await executor.dispose();
      }
    },
    control: ({ action }) => {
      if (!run) throw new EngineError("run.missing", "No run is going on");
      act(run, action);
      reporter?.tellStatus();
      return {};
    },
    gramWeight: ({ weight }) => {
      if (!run) throw new EngineError("run.missing", "No run is going on");
      run.gramWeight.set(weight);
      reporter?.tellStatus();
      return {};
    },
    exit: () => {
      setImmediate(() => process.exit());
      return {};
    },
  },
  (error) => console.error(error),
);

function act({ gate }: TrainingRun, action: RunAction): void {
  switch (action) {
    case "play":
      gate.play();
      return;
    case "pause":
      gate.pause();
      return;
    case "step":
      gate.stepOnce();
      return;
    case "stop":
      gate.stop();
  }
}
