/** Holds the state of a run on the host and takes it forward by one step at a time. */
import type { LoadedBatch } from "../data/batch.ts";
import type { Executor, HostTensor, PreparedProgram } from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import { batchFeeds } from "./batch-inputs.ts";
import { networkShapes, prefixed, under, type TrainingState } from "./state.ts";
import type { StepDraws } from "./step-draws.ts";
import {
  scalarNames,
  trainedNames,
  type ScalarName,
  type StepOptions,
  type StepShape,
} from "./step-shape.ts";
import {
  meanPrefix,
  metricPrefix,
  nextPrefix,
  passMetrics,
  passProgram,
  passShape,
  stepProgram,
  updateProgram,
} from "./step.ts";

export type StepMetrics = Readonly<Record<string, number>>;

/** One pass of a step. */
export interface PassInput {
  readonly loaded: LoadedBatch;
  readonly draws: StepDraws;
  /** Inputs "target.*", where a fixed teacher gives them. */
  readonly targets?: Readonly<Record<string, HostTensor>> | undefined;
}

/** Programs of one size of crops: a whole step, or a pass and the update after the last one. */
interface Prepared {
  readonly shape: StepShape;
  readonly pass: PreparedProgram;
  readonly update: PreparedProgram | undefined;
}

type Tensors = Readonly<Record<string, HostTensor>>;

export class Trainer {
  private readonly prepared = new Map<string, Promise<Prepared>>();
  private readonly trained: readonly string[];
  /** Outputs of the last step, which the next but one may write over. */
  private last: Tensors = {};
  private spare: Tensors = {};

  constructor(
    private readonly executor: Executor,
    private readonly options: StepOptions,
    private current: TrainingState,
    private readonly rope: RopePrecision = "fp32",
  ) {
    this.trained = trainedNames(options);
  }

  /** What the last finished step left. Its tensors hold until the step after the next one. */
  get state(): TrainingState {
    return this.current;
  }

  /** Bytes that the prepared programs hold. */
  async bytes(): Promise<number> {
    let sum = 0;
    for (const entry of this.prepared.values()) {
      const { pass, update } = await entry;
      sum += pass.bytes + (update?.bytes ?? 0);
    }
    return sum;
  }

  /**
   * Make the programs for a batch of this size; a step does so by itself.
   * @throws EngineError when the executor has no room for the step
   */
  prepare({ sizes, batch }: LoadedBatch): Promise<Prepared> {
    const maskedTokens = batch.maskIndices.length;
    const key = `${sizes.global} ${sizes.local} ${sizes.gram} ${maskedTokens}`;
    const known = this.prepared.get(key);
    if (known) return known;
    const made = this.make({ ...this.options, sizes, maskedTokens });
    this.prepared.set(key, made);
    made.catch(() => this.prepared.delete(key));
    return made;
  }

  /**
   * Run one step. A step whose loss or gradient is not finite leaves the state as it was.
   * @param passes as many as the step accumulates
   * @throws EngineError "train.diverged"
   */
  async step(
    passes: readonly PassInput[],
    scalars: Readonly<Record<ScalarName, number>>,
  ): Promise<StepMetrics> {
    if (passes.length !== this.options.accumulate) {
      throw new Error(`internal: ${passes.length} passes, not ${this.options.accumulate}`);
    }
    const feeds = scalarFeeds(scalars);
    const { next, metrics } =
      passes.length === 1
        ? await this.inOnePass(passes[0]!, feeds)
        : await this.inSeveral(passes, feeds);
    refuseNonFinite(metrics);
    this.current = { ...this.current, ...next };
    this.spare = this.last;
    this.last = prefixed(nextPrefix, next);
    return metrics;
  }

  /** The Gram teacher becomes a copy of the teacher (C.2, rep_update). */
  refreshGramTeacher(): void {
    const copied = Object.keys(this.current)
      .filter((name) => name.startsWith("gram."))
      .map((name) => {
        const teacher = this.current[name.replace(/^gram\./, "teacher.")]!;
        return [name, { ...teacher, data: teacher.data.slice() }] as const;
      });
    this.current = { ...this.current, ...Object.fromEntries(copied) };
  }

  async dispose(): Promise<void> {
    for (const entry of this.prepared.values()) {
      const prepared = await entry.catch(() => undefined);
      await prepared?.pass.dispose();
      await prepared?.update?.dispose();
    }
    this.prepared.clear();
  }

  private async make(shape: StepShape): Promise<Prepared> {
    if (shape.accumulate === 1) {
      const pass = await this.executor.prepare(stepProgram(shape));
      return { shape, pass, update: undefined };
    }
    const pass = await this.executor.prepare(passProgram(shape));
    return { shape, pass, update: await this.executor.prepare(updateProgram(shape)) };
  }

  private async inOnePass(input: PassInput, scalars: Tensors) {
    const { shape, pass } = await this.prepare(input.loaded);
    const names = [...this.moved(), ...this.centres()];
    const metrics = [...passMetrics(shape), "grad_norm"];
    const results = await pass.run(
      { ...this.current, ...this.feeds(shape, input), ...scalars },
      outputs(names, metrics),
      this.spare,
    );
    return { next: nextOf(results, names), metrics: metricsOf(results, metrics) };
  }

  private async inSeveral(passes: readonly PassInput[], scalars: Tensors) {
    const shapes = networkShapes(this.options.state.network);
    let means: Tensors = Object.fromEntries(
      this.trained.map((name) => {
        const shape = shapes[name]!;
        const data = new Float32Array(elementCount(shape));
        return [meanPrefix + name, { dtype: "float32" as const, shape, data }];
      }),
    );
    let centres: Tensors = {};
    const sums: Record<string, number> = {};
    for (const input of passes) {
      const { shape, pass } = await this.prepare(input.loaded);
      const metrics = passMetrics(shape);
      const names = [...Object.keys(means), ...this.centres()];
      const results = await pass.run(
        { ...this.current, ...centres, ...this.feeds(shape, input), ...scalars, ...means },
        outputs(names, metrics),
      );
      const next = nextOf(results, names);
      means = prefixed(meanPrefix, under(meanPrefix, next));
      centres = prefixed("centre.", under("centre.", next));
      for (const [name, value] of Object.entries(metricsOf(results, metrics))) {
        sums[name] = (sums[name] ?? 0) + value / passes.length;
      }
    }
    const { update } = await this.prepare(passes[0]!.loaded);
    const names = this.moved();
    const results = await update!.run(
      { ...this.current, ...scalars, ...means },
      outputs(names, ["grad_norm"]),
      this.spare,
    );
    return {
      next: { ...nextOf(results, names), ...centres },
      metrics: { ...sums, ...metricsOf(results, ["grad_norm"]) },
    };
  }

  /** Names of the state that an update writes. */
  private moved(): string[] {
    return ["student.", "m.", "v.", "teacher."].flatMap((kind) =>
      this.trained.map((name) => kind + name),
    );
  }

  private centres(): string[] {
    return Object.keys(this.current).filter((name) => name.startsWith("centre."));
  }

  private feeds(shape: StepShape, { loaded, draws, targets = {} }: PassInput): Tensors {
    return { ...batchFeeds(passShape(shape), loaded, draws, this.rope), ...targets };
  }
}

function outputs(names: readonly string[], metrics: readonly string[]): string[] {
  return [...names.map((name) => nextPrefix + name), ...metrics.map((name) => metricPrefix + name)];
}

function nextOf(results: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, results[nextPrefix + name]!]));
}

function metricsOf(results: Tensors, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, results[metricPrefix + name]!.data[0]!]));
}

function refuseNonFinite(metrics: StepMetrics): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new EngineError(
      "train.diverged",
      `${name}: expected a finite number, received ${value}`,
      {
        hint: "Lower the learning rate or the clipping norm, or start from an earlier checkpoint.",
      },
    );
  }
}

function scalarFeeds(scalars: Readonly<Record<ScalarName, number>>): Record<string, HostTensor> {
  return Object.fromEntries(
    scalarNames.map((name) => [
      name,
      { dtype: "float32", shape: [], data: Float32Array.of(scalars[name]) },
    ]),
  );
}
