/** A batch as inputs of a program: their specs, the tensors behind them and what is fed to them. */
import type * as tf from "@tensorflow/tfjs-core";
import type { LoadedBatch } from "../data/batch.ts";
import type { HostTensor, NamedTensors, TensorSpec } from "../executors/executor.ts";
import type { Rope } from "../model/backbone.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { ropeTables, unmovedBox, type RopeBox, type RopePrecision } from "../model/rope.ts";
import type { BatchTensors, StudentPasses } from "./objective.ts";
import { under } from "./state.ts";
import type { StepDraws } from "./step-draws.ts";
import { scalarNames, type ScalarName, type StepShape } from "./step-shape.ts";

/** What a pass is shaped by. */
export type PassShape = Pick<
  StepShape,
  "batchSize" | "sizes" | "localCrops" | "maskedTokens" | "dropPath"
> & { readonly config: VitConfig };

const image = (count: number, side: number): TensorSpec => ({
  dtype: "float32",
  shape: [count, 3, side, side],
});

export function batchSpecs(pass: PassShape): Record<string, TensorSpec> {
  const { batchSize: b, sizes, localCrops, maskedTokens, config, dropPath } = pass;
  const hasLocals = localCrops > 0;
  const keeps = (crops: number): TensorSpec => ({
    dtype: "float32",
    shape: [2 * config.depth, crops],
  });
  return {
    "batch.global": image(2 * b, sizes.global),
    ...(hasLocals ? { "batch.local": image(localCrops * b, sizes.local) } : {}),
    ...(sizes.gram > 0 ? { "batch.gram": image(2 * b, sizes.gram) } : {}),
    "batch.masks": { dtype: "float32", shape: [2 * b, (sizes.global / config.patch) ** 2] },
    "batch.maskIndices": { dtype: "int32", shape: [maskedTokens] },
    "batch.maskWeights": { dtype: "float32", shape: [maskedTokens] },
    ...ropeSpecs("rope.student.global", config, sizes.global),
    ...(hasLocals ? ropeSpecs("rope.student.local", config, sizes.local) : {}),
    ...ropeSpecs("rope.teacher", config, sizes.global),
    ...(sizes.gram > 0 ? ropeSpecs("rope.gram", config, sizes.gram) : {}),
    ...(dropPath > 0 ? { "keeps.global": keeps(2 * b) } : {}),
    ...(dropPath > 0 && hasLocals ? { "keeps.local": keeps(localCrops * b) } : {}),
  };
}

/** Specs of `NAME.cos` and `NAME.sin`. */
export function ropeSpecs(
  name: string,
  config: VitConfig,
  side: number,
): Record<string, TensorSpec> {
  const spec: TensorSpec = {
    dtype: "float32",
    shape: [prefixTokens(config) + (side / config.patch) ** 2, config.width / config.heads / 2],
  };
  return { [`${name}.cos`]: spec, [`${name}.sin`]: spec };
}

export function batchTensors(inputs: NamedTensors): BatchTensors {
  const batch = under("batch.", inputs);
  return {
    global: batch["global"] as tf.Tensor4D,
    local: batch["local"] as tf.Tensor4D | undefined,
    gram: batch["gram"] as tf.Tensor4D | undefined,
    masks: batch["masks"] as tf.Tensor2D,
    maskIndices: batch["maskIndices"] as tf.Tensor1D,
    maskWeights: batch["maskWeights"] as tf.Tensor1D,
  };
}

export function ropeOf(inputs: NamedTensors, name: string): Rope {
  return {
    cos: inputs[`${name}.cos`] as tf.Tensor2D,
    sin: inputs[`${name}.sin`] as tf.Tensor2D,
  };
}

export function studentPasses(inputs: NamedTensors): StudentPasses {
  const pass = (kind: "global" | "local") => ({
    rope: ropeOf(inputs, `rope.student.${kind}`),
    keeps: inputs[`keeps.${kind}`] as tf.Tensor2D | undefined,
  });
  return { global: pass("global"), local: inputs["batch.local"] ? pass("local") : undefined };
}

/** The values of {@link batchSpecs}. */
export function batchFeeds(
  pass: PassShape,
  { batch }: LoadedBatch,
  draws: StepDraws,
  precision: RopePrecision,
): Record<string, HostTensor> {
  const { config, sizes, localCrops } = pass;
  const values: Record<string, Float32Array | Int32Array> = {
    "batch.global": batch.global,
    "batch.local": batch.local,
    ...(batch.gram ? { "batch.gram": batch.gram } : {}),
    "batch.masks": Float32Array.from(batch.masks),
    "batch.maskIndices": batch.maskIndices,
    "batch.maskWeights": batch.maskWeights,
    ...(draws.keeps
      ? { "keeps.global": draws.keeps.global, "keeps.local": draws.keeps.local }
      : {}),
  };
  const feeds: Record<string, HostTensor> = {
    ...ropeFeeds("rope.student.global", config, sizes.global, precision, draws.box),
    ...(localCrops > 0
      ? ropeFeeds("rope.student.local", config, sizes.local, precision, draws.box)
      : {}),
    ...ropeFeeds("rope.teacher", config, sizes.global, precision),
    ...(sizes.gram > 0 ? ropeFeeds("rope.gram", config, sizes.gram, precision) : {}),
  };
  for (const [name, spec] of Object.entries(batchSpecs(pass))) {
    const data = values[name];
    if (data) feeds[name] = { ...spec, data };
  }
  return feeds;
}

/** The tables of a square grid, under `NAME.cos` and `NAME.sin`. */
export function ropeFeeds(
  name: string,
  config: VitConfig,
  side: number,
  precision: RopePrecision,
  box: RopeBox = unmovedBox,
): Record<string, HostTensor> {
  const rows = side / config.patch;
  const { cos, sin } = ropeTables(config, { rows, cols: rows }, precision, box);
  const specs = ropeSpecs(name, config, side);
  return {
    [`${name}.cos`]: { ...specs[`${name}.cos`]!, data: cos },
    [`${name}.sin`]: { ...specs[`${name}.sin`]!, data: sin },
  };
}

/** The schedules' values of a step, as the step's programs are fed them. */
export function scalarFeeds(
  scalars: Readonly<Record<ScalarName, number>>,
): Record<string, HostTensor> {
  return Object.fromEntries(
    scalarNames.map((name) => [
      name,
      { dtype: "float32", shape: [], data: Float32Array.of(scalars[name]) },
    ]),
  );
}
