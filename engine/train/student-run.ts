/** One student of a run with its files: state, metrics, events for TensorBoard, checkpoints. */
import type { LoadedBatch } from "../data/batch.ts";
import type { Executor, HostTensor } from "../executors/executor.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { writeCheckpoint } from "../runs/checkpoint.ts";
import type { CheckpointInfo } from "../runs/checkpoint-layout.ts";
import { openEventFile, type EventFile } from "../runs/event-file.ts";
import { openMetricsLog, type MetricsLog } from "../runs/metrics-log.ts";
import { listCheckpoints, readCheckpoint } from "../runs/read-checkpoint.ts";
import { removeCheckpoints, stepsToRemove } from "../runs/retention.ts";
import { runPaths, type Run } from "../runs/run-directory.ts";
import { freshMoments } from "./initial-state.ts";
import { isGramRefreshDue } from "./gram-refresh.ts";
import { phaseRecipe, stepOptions, type Phase } from "./plan.ts";
import { under, type StateShape, type TrainingState } from "./state.ts";
import { drawStep } from "./step-draws.ts";
import type { GivenTargets, ScalarName } from "./step-shape.ts";
import type { StepMetrics } from "./step-metrics.ts";
import { Trainer } from "./trainer.ts";

/** Where a student stands between two steps. */
export interface StudentPlace {
  readonly shape: StateShape;
  readonly state: TrainingState;
  readonly preprocessor: Preprocessor;
  /** Steps that are done, those of the heads' warm-up included. */
  readonly step: number;
  readonly phase: Phase;
  readonly gramUpdates: number;
  readonly elapsedSeconds: number;
}

export interface StudentOptions {
  /** "" where it is the only one. */
  readonly name: string;
  readonly run: Run;
  /** What is trained by: the run's, less what its teacher cannot give. */
  readonly recipe: Recipe;
  readonly executor: Executor;
  readonly rope: RopePrecision;
  readonly given?: GivenTargets | undefined;
  /** Tensors that belong to a checkpoint beside this student's own. */
  readonly others: () => TrainingState;
}

/** One pass as the data and the teacher have it. */
export interface StudentPass {
  readonly loaded: LoadedBatch;
  /** Counted over every pass. */
  readonly index: number;
  readonly targets?: Readonly<Record<string, HostTensor>> | undefined;
}

export class StudentRun {
  private trainer: Trainer;
  private gramUpdates: number;

  private constructor(
    readonly options: StudentOptions,
    private readonly place: StudentPlace,
    private readonly log: MetricsLog,
    private readonly events: EventFile,
  ) {
    this.gramUpdates = place.gramUpdates;
    this.trainer = this.newTrainer(place.phase, place.state);
  }

  /**
   * @param checkpoint that it goes on from, whose length of the log is the one that counts
   * @throws EngineError "disk.full", "path.unwritable"
   */
  static async open(
    options: StudentOptions,
    place: StudentPlace,
    checkpoint?: Pick<CheckpointInfo, "metricsBytes">,
  ): Promise<StudentRun> {
    const log = await openMetricsLog(runPaths(options.run).metrics);
    await log.cutBack(checkpoint?.metricsBytes ?? 0);
    const resumeAt = checkpoint ? place.step + 1 : undefined;
    const events = await openEventFile(options.run.folder, { resumeAt });
    return new StudentRun(options, place, log, events);
  }

  get name(): string {
    return this.options.name;
  }

  get shape(): StateShape {
    return this.place.shape;
  }

  get preprocessor(): Preprocessor {
    return this.place.preprocessor;
  }

  readState(): Promise<TrainingState> {
    return this.trainer.readState();
  }

  /** The next phase starts with moments of its own. */
  async enter(phase: Phase): Promise<void> {
    const state = await this.trainer.readState();
    await this.trainer.dispose();
    this.trainer = this.newTrainer(phase, {
      ...state,
      ...freshMoments(under("student.", state)),
    });
  }

  /** @throws EngineError "train.diverged", "executor.failed", "memory" */
  step(
    recipe: Recipe,
    passes: readonly StudentPass[],
    scalars: Readonly<Record<ScalarName, number>>,
    isLooked: boolean,
  ): Promise<StepMetrics> {
    const { depth } = this.shape.network.config;
    return this.trainer.step(
      passes.map(({ loaded, index, targets }) => {
        const crops = {
          depth,
          global: 2 * recipe.batchSize,
          local: recipe.localCrops * recipe.batchSize,
        };
        return { loaded, targets, draws: drawStep(recipe, index, loaded.rescale, crops) };
      }),
      scalars,
      isLooked,
    );
  }

  /** As Trainer has them. */
  get assignments(): HostTensor | undefined {
    return this.trainer.assignments;
  }

  /** @returns whether the Gram teacher was refreshed */
  async refreshGramTeacher(recipe: Recipe, step: number): Promise<boolean> {
    if (!this.shape.hasGramTeacher) return false;
    if (!isGramRefreshDue(recipe, step, this.gramUpdates)) return false;
    await this.trainer.refreshGramTeacher();
    this.gramUpdates++;
    return true;
  }

  /** @throws EngineError "disk.full", "path.unwritable" */
  async record(metrics: StepMetrics & { readonly step: number }): Promise<void> {
    await this.log.append(metrics);
    const { step, ...scalars } = metrics;
    await this.events.append(step, scalars);
  }

  /**
   * Write the state, then let old checkpoints go.
   * @throws EngineError "disk.full", "path.unwritable", "train.diverged" rather than weights that are
   *   not finite
   */
  async checkpoint(
    step: number,
    phase: Phase,
    elapsedSeconds: number,
    extra: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const { run, others } = this.options;
    const state = await this.trainer.readState();
    refuseNonFinite(state);
    const folder = await writeCheckpoint(run, {
      step,
      state: { ...state, ...others() },
      config: this.shape.network.config,
      preprocessor: this.preprocessor,
      phase,
      gramUpdates: this.gramUpdates,
      metricsBytes: this.log.byteLength,
      elapsedSeconds,
      extra,
    });
    const { keepLast, keepEvery } = run.recipe;
    const present = (await listCheckpoints(run)).map((place) => place.step);
    await removeCheckpoints(run, stepsToRemove(present, { keepLast, keepEvery }));
    return folder;
  }

  async close(): Promise<void> {
    await this.trainer.dispose();
    await this.log.close();
    await this.events.close();
  }

  private newTrainer(phase: Phase, state: TrainingState): Trainer {
    const { recipe, executor, rope, given } = this.options;
    const options = stepOptions(phaseRecipe(recipe, phase), this.place.shape, phase, given);
    return new Trainer(executor, options, state, rope);
  }
}

/** The state that a checkpoint holds, and what belongs to others. */
export async function readPlace(
  folder: string,
): Promise<
  Omit<StudentPlace, "shape"> & { readonly info: CheckpointInfo; readonly config: VitConfig }
> {
  const { info, state, configs, preprocessor } = await readCheckpoint(folder);
  const config = configs["student"];
  if (!preprocessor || !config) throw new Error(`internal: ${folder} holds no student`);
  return {
    state,
    config,
    preprocessor,
    step: info.step,
    phase: info.phase === "heads" ? "heads" : "run",
    gramUpdates: info.gramUpdates,
    elapsedSeconds: info.elapsedSeconds,
    info,
  };
}

function refuseNonFinite(state: TrainingState): void {
  for (const [name, { data }] of Object.entries(state)) {
    // One sum is quicker than a look at every number, and is not finite when one of them is not.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]!);
    if (Number.isFinite(sum)) continue;
    throw new EngineError("train.diverged", `${name}: expected finite weights, received others`, {
      hint: "Go on from the last checkpoint with a lower learning rate.",
    });
  }
}
