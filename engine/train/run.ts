/**
 * The loop of a training run: phases, batches, steps, files. It can be paused, stepped and stopped;
 * from its last checkpoint it goes on with the same numbers.
 */
import { appendFile } from "node:fs/promises";
import type { BatchSource } from "../data/batch.ts";
import { scheduleAt, type StepValues } from "../optim/schedules.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { runRefusal } from "../runs/disk-full.ts";
import type { RunLock } from "../runs/lock.ts";
import { runPaths, type Run } from "../runs/run-directory.ts";
import { divergedAt } from "./diverged-batch.ts";
import type { RunListener } from "./events.ts";
import { Gate } from "./gate.ts";
import { GramWeight } from "./gram-weight.ts";
import { phaseRecipe, type Phase } from "./plan.ts";
import type { StudentPass, StudentRun } from "./student-run.ts";
import type { FixedTeacher } from "./teacher.ts";
import { stepRow, type StepMetrics } from "./step-metrics.ts";
import type { Watch } from "./watch.ts";

/** What a run is put together from. */
export interface RunParts {
  readonly run: Run;
  readonly lock: RunLock;
  /** The run's recipe, less what its teacher cannot give. */
  readonly recipe: Recipe;
  readonly students: readonly StudentRun[];
  /** One a student, in their order. */
  readonly watches: readonly Watch[];
  readonly teacher: FixedTeacher | undefined;
  /** Steps of the warm-up of the heads, before those of the run. */
  readonly headSteps: number;
  /** Steps that are done. */
  readonly step: number;
  readonly elapsedSeconds: number;
  /** Set by hand before its last checkpoint. */
  readonly gramWeight?: number | undefined;
  /** Opens the batches of a phase. */
  openSource(phase: Phase): Promise<BatchSource>;
  readonly listener: RunListener;
  readonly isPaused: boolean;
}

export class TrainingRun {
  readonly gate: Gate;
  readonly gramWeight: GramWeight;
  private step: number;
  private elapsedMs: number;
  private phase: Phase;
  private source: BatchSource | undefined;
  private named = 0;
  private checkpointed: { readonly step: number; readonly at: number };

  constructor(private readonly parts: RunParts) {
    this.gate = new Gate(!parts.isPaused);
    this.step = parts.step;
    this.elapsedMs = parts.elapsedSeconds * 1000;
    this.gramWeight = new GramWeight(parts.recipe, parts.gramWeight);
    this.phase = this.phaseAt(this.step);
    this.checkpointed = { step: parts.step, at: performance.now() };
  }

  get run(): Run {
    return this.parts.run;
  }

  get recipe(): Recipe {
    return this.parts.recipe;
  }

  /** Steps that are done. */
  get done(): number {
    return this.step;
  }

  /** Those of the heads' warm-up included. */
  get steps(): number {
    return this.parts.headSteps + this.parts.recipe.steps;
  }

  get headSteps(): number {
    return this.parts.headSteps;
  }

  /** Steps that are done after the heads' warm-up. */
  get doneInRun(): number {
    return Math.max(0, this.step - this.parts.headSteps);
  }

  /**
   * Train until the end or until the gate is stopped; the state is then on disk. Whatever happens,
   * everything that the run held is let go.
   * @throws EngineError "train.diverged" with the batch kept beside; "disk.full"; "memory"; ...
   */
  async train(): Promise<void> {
    try {
      this.source = await this.parts.openSource(this.phase);
      await this.note(`${this.source.description}; ${this.steps} steps, ${this.step} done`);
      await this.noteSkipped();
      if (this.step === 0) await this.start();
      this.tellPhase();
      this.source.prefetch(this.step * this.recipe.accumulate);
      while (this.step < this.steps && (await this.gate.pass())) {
        if (this.phaseAt(this.step) !== this.phase) await this.enter("run");
        await this.oneStep();
        if (this.isCheckpointDue()) await this.checkpoint();
      }
      if (this.checkpointed.step !== this.step) await this.checkpoint();
      await this.noteSkipped();
      const isDone = this.step >= this.steps;
      await this.note(isDone ? "done" : `stopped after step ${this.step} of ${this.steps}`);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      await this.note(`ended: ${words}`).catch(() => {}); // The first error is the one to report.
      throw error;
    } finally {
      await this.dispose();
    }
  }

  private phaseAt(step: number): Phase {
    return step < this.parts.headSteps ? "heads" : "run";
  }

  /** Step 0: what the run started from can be looked at and gone back to. */
  private async start(): Promise<void> {
    await this.checkpoint();
    await this.keepSnapshots();
  }

  private async enter(phase: Phase): Promise<void> {
    await this.source?.close();
    this.phase = phase;
    this.source = await this.parts.openSource(phase);
    for (const student of this.parts.students) await student.enter(phase);
    this.tellPhase();
  }

  private tellPhase(): void {
    const { headSteps, recipe, listener } = this.parts;
    const steps = this.phase === "heads" ? headSteps : recipe.steps;
    listener({ kind: "phase", phase: this.phase, step: this.step, steps });
  }

  private async oneStep(): Promise<void> {
    const { students, teacher, listener } = this.parts;
    const { accumulate, batchSize } = this.recipe;
    const recipe = phaseRecipe(this.recipe, this.phase);
    const isRun = this.phase === "run";
    const inPhase = isRun ? this.doneInRun : this.step;
    const gramWeight = isRun ? (this.gramWeight.at(inPhase) ?? 0) : 0;
    const values = { ...scheduleAt(recipe, inPhase), gramWeight };
    const flags = isRun ? this.gramWeight.logged(inPhase) : { head_warmup: 1 };
    const started = performance.now();
    const passes: StudentPass[] = [];
    let waitedMs = 0;
    for (let i = 0; i < accumulate; i++) {
      const index = this.step * accumulate + i;
      const before = performance.now();
      const loaded = await this.source!.load(index);
      waitedMs += performance.now() - before;
      this.prefetch(index + 1);
      const targets = await teacher?.targets(loaded, values.teacherTemperature);
      passes.push({ loaded, index, targets });
    }
    const step = this.step + 1;
    const [{ loaded }] = passes as [StudentPass];
    listener({ kind: "batch", step, origins: loaded.origins, masks: loaded.batch.masks });
    const all: StepMetrics[] = [];
    for (const student of students) {
      all.push(await this.stepOf(student, recipe, passes, values));
    }
    const elapsed = performance.now() - started;
    this.elapsedMs += elapsed;
    this.step = step;
    const pace = {
      images_per_s: (1000 * batchSize * accumulate) / elapsed,
      elapsed_s: this.elapsedMs / 1000,
      data_wait_s: waitedMs / 1000,
      memory_bytes: process.memoryUsage.rss(),
    };
    for (const [i, student] of students.entries()) {
      const hasRefreshed = isRun && (await student.refreshGramTeacher(this.recipe, inPhase));
      const refresh = hasRefreshed ? { gram_refresh: 1 } : {};
      const metrics = { ...stepRow(step, all[i]!, values), ...pace, ...flags, ...refresh };
      await student.record(metrics);
      listener({ kind: "step", student: student.name, metrics });
      if (hasRefreshed) listener({ kind: "gramRefresh", step });
    }
    if (step % this.recipe.watchEvery === 0 || step === this.steps) await this.keepSnapshots();
  }

  private async stepOf(
    student: StudentRun,
    recipe: Recipe,
    passes: readonly StudentPass[],
    values: StepValues,
  ): Promise<StepMetrics> {
    try {
      // Steps that are taken by hand are looked at.
      const isLooked = this.gate.state === "paused";
      const metrics = await student.step(recipe, passes, values, isLooked);
      const { name, assignments } = student;
      if (isLooked && assignments) {
        const event = { student: name, step: this.step + 1, probabilities: assignments } as const;
        this.parts.listener({ kind: "assignments", ...event });
      }
      return metrics;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "train.diverged") throw error;
      throw await this.keepBatch(error, passes);
    }
  }

  /** The batch that broke a step is kept, and the weights before it. */
  private async keepBatch(
    error: EngineError,
    passes: readonly StudentPass[],
  ): Promise<EngineError> {
    const batches = passes.map(({ loaded }) => loaded);
    const broken = await divergedAt(error, this.run, this.step, batches);
    // The state is that of the step before, which was whole.
    if (this.checkpointed.step !== this.step) await this.checkpoint();
    return broken;
  }

  private prefetch(index: number): void {
    // The data of the next phase are other data.
    const step = Math.floor(index / this.recipe.accumulate);
    if (step < this.steps && this.phaseAt(step) === this.phase) this.source!.prefetch(index);
  }

  private isCheckpointDue(): boolean {
    const { checkpointEvery, checkpointMinutes } = this.recipe;
    const minutes = (performance.now() - this.checkpointed.at) / 60_000;
    return (
      this.step % checkpointEvery === 0 ||
      this.step === this.parts.headSteps ||
      (checkpointMinutes > 0 && minutes >= checkpointMinutes)
    );
  }

  private async checkpoint(): Promise<void> {
    const { students, listener, headSteps } = this.parts;
    for (const student of students) {
      const phase = this.phaseAt(this.step);
      const extra = { headSteps, gramWeight: this.gramWeight.kept };
      const folder = await student.checkpoint(this.step, phase, this.elapsedMs / 1000, extra);
      listener({ kind: "checkpoint", student: student.name, step: this.step, folder });
    }
    this.checkpointed = { step: this.step, at: performance.now() };
  }

  private async keepSnapshots(): Promise<void> {
    const { students, watches, listener } = this.parts;
    for (const [i, student] of students.entries()) {
      if (!(await watches[i]!.keep(student.options.run, this.step, await student.readState())))
        continue;
      listener({ kind: "snapshot", student: student.name, step: this.step });
    }
  }

  /** Names the files that are left out and were not named yet. */
  private async noteSkipped(): Promise<void> {
    for (const { file, reason } of this.source!.skipped.slice(this.named)) {
      await this.note(`left out ${file}: ${reason}`);
    }
    this.named = this.source!.skipped.length;
  }

  /** A line in log.txt, and to whoever listens. */
  private async note(text: string): Promise<void> {
    this.parts.listener({ kind: "note", text });
    const { log } = runPaths(this.run);
    await appendFile(log, `${new Date().toISOString()} ${text}\n`).catch((error: unknown) => {
      throw runRefusal(log, error);
    });
  }

  private async dispose(): Promise<void> {
    const { students, watches, teacher, lock } = this.parts;
    await this.source?.close();
    for (const student of students) await student.close();
    for (const watch of watches) await watch.dispose();
    await teacher?.dispose();
    await lock.release();
  }
}
