/** What happens in a run, in the words of the protocol. */
import type { ImageCrops } from "../data/batch.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { BatchImage, RunStatus, TrainingEvent } from "../protocol/training.ts";
import type { RunEvent } from "../train/events.ts";
import type { TrainingRun } from "../train/run.ts";

/** Batches are shown at most this often, in milliseconds: nobody reads more. */
const batchPauseMs = 1000;

export class RunReporter {
  private readonly firstStep: number;
  private startedAt: number | undefined;
  private batchAt = -Infinity;

  constructor(
    private readonly run: TrainingRun,
    private readonly emit: (event: TrainingEvent) => void,
  ) {
    this.firstStep = run.done;
  }

  status(state: RunStatus["state"]): RunStatus {
    const { run } = this;
    const students = run.recipe.students.map(({ name }) => name);
    return {
      folder: run.run.folder,
      state,
      kind: run.recipe.kind,
      phase: run.done < run.headSteps ? "heads" : "run",
      step: run.done,
      steps: run.steps,
      headSteps: run.headSteps,
      students: students.length > 0 ? students : [""],
      remainingMs: this.remainingMs(),
      gramWeight: run.gramWeight.at(run.doneInRun),
    };
  }

  tellStatus(): void {
    const { state } = this.run.gate;
    this.emit({ kind: "status", status: this.status(state === "stopped" ? "stopping" : state) });
  }

  tell(event: RunEvent): void {
    switch (event.kind) {
      case "step":
        this.startedAt ??= performance.now();
        this.emit({ kind: "step", student: event.student, metrics: { ...event.metrics } });
        this.tellStatus();
        return;
      case "checkpoint":
      case "snapshot":
        this.emit({ kind: event.kind, student: event.student, step: event.step });
        return;
      case "assignments": {
        const { student, step, probabilities } = event;
        const [views, images, prototypes] = probabilities.shape as [number, number, number];
        const values = toWireTensor(probabilities.data, [views * images, prototypes]);
        this.emit({ kind: "assignments", student, step, probabilities: values });
        return;
      }
      case "note":
        this.emit(event);
        return;
      case "gramRefresh":
        this.emit({
          kind: "note",
          text: `The Gram teacher is the EMA teacher of step ${event.step}`,
        });
        return;
      case "phase":
        this.tellStatus();
        return;
      case "batch":
        this.tellBatch(event);
    }
  }

  private tellBatch({ step, origins, masks }: RunEvent & { kind: "batch" }): void {
    const now = performance.now();
    const isStepping = this.run.gate.state === "paused";
    if (origins.length === 0 || (!isStepping && now - this.batchAt < batchPauseMs)) return;
    this.batchAt = now;
    const patches = masks.length / (2 * origins.length);
    const maskOf = (crop: number) =>
      toWireTensor(masks.slice(crop * patches, (crop + 1) * patches), [patches]);
    const images = origins.map((origin: ImageCrops, i): BatchImage => ({
      ...origin,
      crops: [...origin.crops],
      masks: [maskOf(i), maskOf(origins.length + i)],
    }));
    this.emit({ kind: "batch", step, images });
  }

  private remainingMs(): number | undefined {
    const { done, steps } = this.run;
    const counted = done - this.firstStep - 1;
    // The first step is also the one that prepares the programs.
    if (this.startedAt === undefined || counted < 1) return undefined;
    return ((performance.now() - this.startedAt) / counted) * (steps - done);
  }
}
