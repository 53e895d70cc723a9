/** Holds the state of a run on the host and takes it forward by one step at a time. */
import type { LoadedBatch } from "../data/batch.ts";
import {
  isOnDevice,
  type Executor,
  type Fed,
  type HostTensor,
  type PreparedProgram,
} from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { elementCount } from "../protocol/tensor.ts";
import { batchFeeds, scalarFeeds } from "./batch-inputs.ts";
import { networkShapes, prefixed, under, type TrainingState } from "./state.ts";
import { toDevice, toHost } from "./state-copy.ts";
import type { StepDraws } from "./step-draws.ts";
import { metricsOf, refuseNonFinite, type StepMetrics } from "./step-metrics.ts";
import { trainedNames, type ScalarName, type StepOptions, type StepShape } from "./step-shape.ts";
import {
  assignmentsOutput,
  centreNames,
  meanPrefix,
  metricPrefix,
  movedNames,
  nextPrefix,
  passMetrics,
  passProgram,
  passShape,
  stepProgram,
  updateProgram,
} from "./step.ts";

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

/** What a program made of the state, by the state's names, and its metrics. */
interface Outcome {
  readonly next: Readonly<Record<string, Fed>>;
  readonly metrics: Record<string, number>;
}

export class Trainer {
  private readonly prepared = new Map<string, Promise<Prepared>>();
  private readonly trained: readonly string[];
  /** On the host, or on the device where the executor keeps tensors there. */
  private current: Readonly<Record<string, Fed>>;
  private onHost: TrainingState | undefined;
  private isPlaced = false;
  private isLooked = false;
  private assigned: HostTensor | undefined;
  private gramOwner: PreparedProgram | undefined;
  /** Outputs of the last step, which the next but one may write over. */
  private last: Tensors = {};
  private spare: Tensors = {};

  constructor(
    private readonly executor: Executor,
    private readonly options: StepOptions,
    state: TrainingState,
    private readonly rope: RopePrecision = "fp32",
  ) {
    this.trained = trainedNames(options);
    this.current = state;
  }

  /** What the last finished step left. Its tensors hold until the step after the next one. */
  async readState(): Promise<TrainingState> {
    this.onHost ??= await toHost(this.executor, this.current);
    return this.onHost;
  }

  /** Probabilities [2, B, K] that the teacher gave its global crops in the last step looked at. */
  get assignments(): HostTensor | undefined {
    return this.assigned;
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
   * @param passes   as many as the step accumulates
   * @param isLooked bring back what the teacher assigned in the last pass: {@link assignments}
   * @throws EngineError "train.diverged"
   */
  async step(
    passes: readonly PassInput[],
    scalars: Readonly<Record<ScalarName, number>>,
    isLooked = false,
  ): Promise<StepMetrics> {
    this.isLooked = isLooked;
    this.assigned = passes.at(-1)?.targets?.["target.dino"];
    if (passes.length !== this.options.accumulate) {
      throw new Error(`internal: ${passes.length} passes, not ${this.options.accumulate}`);
    }
    const feeds = scalarFeeds(scalars);
    const { next, metrics } =
      passes.length === 1
        ? await this.inOnePass(passes[0]!, feeds)
        : await this.inSeveral(passes, feeds);
    try {
      refuseNonFinite(metrics);
    } catch (error) {
      this.release(Object.values(next));
      throw error;
    }
    this.replace(next);
    const onHost = Object.entries(next).filter(([, tensor]) => !isOnDevice(tensor));
    this.spare = this.last;
    this.last = prefixed(nextPrefix, Object.fromEntries(onHost) as Tensors);
    return metrics;
  }

  /** The Gram teacher becomes a copy of the teacher (C.2, rep_update). */
  async refreshGramTeacher(): Promise<void> {
    const state = await this.readState();
    const copies = Object.keys(state)
      .filter((name) => name.startsWith("gram."))
      .map((name) => {
        const teacher = state[name.replace(/^gram\./, "teacher.")]!;
        // A copy, because a later step writes over the teacher of this one.
        return [name, { ...teacher, data: teacher.data.slice() }] as const;
      });
    await this.placeGram(Object.fromEntries(copies));
  }

  async dispose(): Promise<void> {
    this.release(Object.values(this.current));
    this.current = {};
    await this.gramOwner?.dispose();
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

  private async inOnePass(input: PassInput, scalars: Tensors): Promise<Outcome> {
    const { shape, pass } = await this.prepare(input.loaded);
    await this.place(pass);
    const feeds = { ...this.current, ...this.feeds(shape, input), ...scalars };
    const names = [...movedNames(this.options), ...centreNames(this.options)];
    return this.runOnce(pass, feeds, names, [...passMetrics(shape), "grad_norm"], this.spare);
  }

  private async inSeveral(passes: readonly PassInput[], scalars: Tensors): Promise<Outcome> {
    const shapes = networkShapes(this.options.state.network);
    let means: Readonly<Record<string, Fed>> = Object.fromEntries(
      this.trained.map((name) => {
        const shape = shapes[name]!;
        const data = new Float32Array(elementCount(shape));
        return [meanPrefix + name, { dtype: "float32" as const, shape, data }];
      }),
    );
    let centres: Readonly<Record<string, Fed>> = {};
    const sums: Record<string, number> = {};
    for (const input of passes) {
      const { shape, pass } = await this.prepare(input.loaded);
      await this.place(pass);
      const feeds = { ...this.current, ...centres, ...this.feeds(shape, input), ...scalars };
      const names = [...Object.keys(means), ...centreNames(this.options)];
      const result = await this.runOnce(pass, { ...feeds, ...means }, names, passMetrics(shape));
      this.release([...Object.values(means), ...Object.values(centres)]);
      means = prefixed(meanPrefix, under(meanPrefix, result.next));
      centres = prefixed("centre.", under("centre.", result.next));
      for (const [name, value] of Object.entries(result.metrics)) {
        sums[name] = (sums[name] ?? 0) + value / passes.length;
      }
    }
    const { update } = await this.prepare(passes[0]!.loaded);
    const feeds = { ...this.current, ...scalars, ...means };
    const moved = movedNames(this.options);
    const result = await this.runOnce(update!, feeds, moved, ["grad_norm"], this.spare);
    this.release(Object.values(means));
    return {
      next: { ...result.next, ...centres },
      metrics: { ...sums, ...result.metrics },
    };
  }

  /**
   * @param names of the state that the program writes
   * @param into  tensors that it may write to
   */
  private async runOnce(
    program: PreparedProgram,
    feeds: Readonly<Record<string, Fed>>,
    names: readonly string[],
    metrics: readonly string[],
    into: Tensors = {},
  ): Promise<Outcome> {
    const { given, state } = this.options;
    const isAssigning = metrics.includes("loss") && !given && state.network.dinoHead !== undefined;
    const isWanted = this.isLooked && isAssigning;
    const metricOutputs = [
      ...metrics.map((name) => metricPrefix + name),
      ...(isWanted ? [assignmentsOutput] : []),
    ];
    if (program.runKeeping) {
      const { kept, outputs } = await program.runKeeping(feeds, metricOutputs);
      if (isWanted) this.assigned = outputs[assignmentsOutput];
      return { next: under(nextPrefix, kept), metrics: metricsOf(outputs, metrics) };
    }
    const wanted = [...names.map((name) => nextPrefix + name), ...metricOutputs];
    const results = await program.run(feeds, wanted, into);
    if (isWanted) this.assigned = results[assignmentsOutput];
    return { next: under(nextPrefix, results), metrics: metricsOf(results, metrics) };
  }

  /** What no step writes goes to the device once, where tensors stay there. */
  private async place({ runKeeping }: PreparedProgram): Promise<void> {
    if (this.isPlaced || !runKeeping) return;
    this.isPlaced = true;
    await this.placeGram(prefixed("gram.", under("gram.", await this.readState())));
  }

  private async placeGram(gram: Tensors): Promise<void> {
    if (Object.keys(gram).length === 0) return;
    const { state, owner } = await toDevice(this.executor, gram);
    this.replace(state);
    await this.gramOwner?.dispose();
    this.gramOwner = owner;
  }

  /** Part of the state by its next values. What it was is let go. */
  private replace(next: Readonly<Record<string, Fed>>): void {
    const before = Object.keys(next).map((name) => this.current[name]!);
    this.current = { ...this.current, ...next };
    this.onHost = undefined;
    this.release(before);
  }

  private release(tensors: readonly Fed[]): void {
    for (const tensor of tensors) if (isOnDevice(tensor)) this.executor.release?.(tensor);
  }

  private feeds(shape: StepShape, { loaded, draws, targets = {} }: PassInput): Tensors {
    return { ...batchFeeds(passShape(shape), loaded, draws, this.rope), ...targets };
  }
}
