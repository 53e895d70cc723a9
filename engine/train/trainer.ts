/** Holds the state of a run on the host and takes it forward by one step at a time. */
import type { Executor, HostTensor, PreparedProgram } from "../executors/executor.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Batch } from "../data/batch.ts";
import { ropeTables, type RopePrecision } from "../model/rope.ts";
import { prefixTokens } from "../model/config.ts";
import {
  metricPrefix,
  nextPrefix,
  scalarNames,
  stepProgram,
  type ScalarName,
  type StepShape,
} from "./step.ts";
import { stateSpecs, type TrainingState } from "./state.ts";

export type StepMetrics = Readonly<Record<string, number>>;

export class Trainer {
  private constructor(
    private readonly shape: StepShape,
    private readonly program: PreparedProgram,
    private readonly ropes: Readonly<Record<string, HostTensor>>,
    private current: TrainingState,
    private readonly outputs: readonly string[],
    private readonly metrics: readonly string[],
  ) {}

  /** @throws EngineError when the executor has no room for the step */
  static async prepare(
    executor: Executor,
    shape: StepShape,
    state: TrainingState,
    rope: RopePrecision = "fp32",
  ): Promise<Trainer> {
    const program = await executor.prepare(stepProgram(shape));
    const specs = Object.keys(stateSpecs(shape.network, shape.hasGramTeacher));
    // The Gram teacher changes between steps, by copying, never in one.
    const outputs = specs.filter((name) => !name.startsWith("gram."));
    const { weights, gram } = shape.objective;
    const metrics = [
      "loss",
      "dino_global",
      ...(shape.localCrops > 0 ? ["dino_local"] : []),
      "ibot",
      ...(weights.koleo > 0 ? ["koleo"] : []),
      ...(gram ? ["gram"] : []),
      "grad_norm",
    ];
    return new Trainer(shape, program, ropesOf(shape, rope), state, outputs, metrics);
  }

  /** What the last finished step left. */
  get state(): TrainingState {
    return this.current;
  }

  /**
   * Run one step. A step whose loss or gradient is not finite leaves the state as it was.
   * @throws EngineError "train.diverged"
   */
  async step(batch: Batch, scalars: Readonly<Record<ScalarName, number>>): Promise<StepMetrics> {
    const outputs = [
      ...this.outputs.map((name) => nextPrefix + name),
      ...this.metrics.map((name) => metricPrefix + name),
    ];
    const next = await this.program.run(
      { ...this.current, ...this.ropes, ...feedsOf(this.shape, batch), ...scalarFeeds(scalars) },
      outputs,
    );
    const metrics = Object.fromEntries(
      this.metrics.map((name) => [name, next[metricPrefix + name]!.data[0]!]),
    );
    for (const [name, value] of Object.entries(metrics)) {
      if (Number.isFinite(value)) continue;
      throw new EngineError(
        "executor.failed",
        `${name}: expected a finite number, received ${value}`,
        {
          hint: "Lower the learning rate or the clipping norm, or start from an earlier checkpoint.",
        },
      );
    }
    this.current = {
      ...this.current,
      ...Object.fromEntries(this.outputs.map((name) => [name, next[nextPrefix + name]!])),
    };
    return metrics;
  }

  /** The Gram teacher becomes a copy of the teacher (C.2, rep_update). */
  refreshGramTeacher(): void {
    const copied = Object.keys(this.current)
      .filter((name) => name.startsWith("gram."))
      .map((name) => [name, this.current[name.replace(/^gram\./, "teacher.")]!] as const);
    this.current = { ...this.current, ...Object.fromEntries(copied) };
  }

  dispose(): Promise<void> {
    return this.program.dispose();
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

function feedsOf({ batchSize: b, sizes, localCrops, network }: StepShape, batch: Batch) {
  const image = (count: number, side: number, data: Float32Array): HostTensor => ({
    dtype: "float32",
    shape: [count, 3, side, side],
    data,
  });
  const patches = (sizes.global / network.config.patch) ** 2;
  const feeds: Record<string, HostTensor> = {
    "batch.global": image(2 * b, sizes.global, batch.global),
    "batch.masks": {
      dtype: "float32",
      shape: [2 * b, patches],
      data: Float32Array.from(batch.masks),
    },
    "batch.maskIndices": {
      dtype: "int32",
      shape: [batch.maskIndices.length],
      data: batch.maskIndices,
    },
    "batch.maskWeights": {
      dtype: "float32",
      shape: [batch.maskWeights.length],
      data: batch.maskWeights,
    },
  };
  if (localCrops > 0) feeds["batch.local"] = image(localCrops * b, sizes.local, batch.local);
  if (sizes.gram > 0) feeds["batch.gram"] = image(2 * b, sizes.gram, batch.gram!);
  return feeds;
}

function ropesOf(
  { network, sizes, localCrops }: StepShape,
  precision: RopePrecision,
): Record<string, HostTensor> {
  const { config } = network;
  const tables = (kind: string, side: number): Record<string, HostTensor> => {
    const rows = side / config.patch;
    const { cos, sin } = ropeTables(config, { rows, cols: rows }, precision);
    const shape = [prefixTokens(config) + rows * rows, config.width / config.heads / 2];
    return {
      [`${kind}.cos`]: { dtype: "float32", shape, data: cos },
      [`${kind}.sin`]: { dtype: "float32", shape, data: sin },
    };
  };
  return {
    ...tables("global", sizes.global),
    ...(localCrops > 0 ? tables("local", sizes.local) : {}),
    ...(sizes.gram > 0 ? tables("gram", sizes.gram) : {}),
  };
}
