/** The state before the first step: random weights as DINOv3 draws them, teachers equal to the student. */
import type { HostTensor } from "../executors/executor.ts";
import { maskToken } from "../model/params.ts";
import { Draws } from "../random/draws.ts";
import { elementCount } from "../protocol/tensor.ts";
import {
  centreShapes,
  networkShapes,
  prefixed,
  under,
  type NetworkShape,
  type StateShape,
  type TrainingState,
} from "./state.ts";

export interface InitialOptions {
  readonly seed: number;
  /** Initial LayerScale: 1e-5 in DINOv3. */
  readonly layerScale: number;
  /**
   * Prototypes of length 1, or normal numbers of deviation 0.02 as in the official code. With few
   * teacher crops a step the official ones hardly start: the loss stays at ln K for hundreds of
   * steps (measured, shared/reference/runtime.md).
   */
  readonly prototypes: "unit" | "official";
}

/** A network before its first step, by the names of networkShapes. */
export type NetworkTensors = Readonly<Record<string, HostTensor>>;

/**
 * A network of random weights: linear weights and tokens normal 0.02, biases and mask token 0, norms
 * 1 (reference dinov3.md A.4). The same name gets the same numbers whatever else there is.
 */
export function randomNetwork(shape: NetworkShape, options: InitialOptions): NetworkTensors {
  return Object.fromEntries(
    Object.entries(networkShapes(shape)).map(([name, size]) => [
      name,
      initialTensor(name, size, options, shape.config.patch),
    ]),
  );
}

/** What a run starts from; teachers that are not given are copies of the student. */
export interface StartingNetworks {
  readonly student: NetworkTensors;
  readonly teacher?: NetworkTensors | undefined;
  /** `backbone.*` without the mask token. */
  readonly gram?: NetworkTensors | undefined;
}

/** The state before the first step: moments and centres are 0. */
export function initialState(
  shape: StateShape,
  { student, teacher = student, gram = teacher }: StartingNetworks,
): TrainingState {
  const { [maskToken]: _, ...backbone } = under("backbone.", gram);
  return {
    ...prefixed("teacher.", teacher),
    ...(shape.hasGramTeacher ? prefixed("gram.backbone.", backbone) : {}),
    ...(shape.hasCentres ? zeros(centreShapes(shape.network)) : {}),
    ...prefixed("student.", student),
    ...freshMoments(student),
  };
}

/** AdamW's moments before the first step. */
export function freshMoments(student: NetworkTensors): TrainingState {
  return { ...prefixed("m.", zerosLike(student)), ...prefixed("v.", zerosLike(student)) };
}

function zeros(shapes: Readonly<Record<string, readonly number[]>>): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { dtype: "float32", shape, data: new Float32Array(elementCount(shape)) },
    ]),
  );
}

function zerosLike(tensors: Record<string, HostTensor>): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: new Float32Array(data.length) },
    ]),
  );
}

function initialTensor(
  name: string,
  shape: readonly number[],
  { seed, layerScale, prototypes }: InitialOptions,
  patch: number,
): HostTensor {
  const data = new Float32Array(elementCount(shape));
  const draws = new Draws(seed, ...Buffer.from(name));
  if (/scale[12]$/.test(name)) data.fill(layerScale);
  else if (/norm\d?\.weight$/.test(name)) data.fill(1);
  else if (name.startsWith("backbone.patch.")) {
    // Uniform of ±1/sqrt(3 p²) has this deviation; the shape of the distribution is of no matter.
    const deviation = 1 / Math.sqrt(3 * 3 * patch * patch);
    fillNormal(data, draws, deviation);
  } else if (!name.endsWith("bias") && name !== `backbone.${maskToken}`) {
    fillNormal(data, draws, 0.02);
    if (prototypes === "unit" && name.endsWith("last_layer.weight")) toUnitRows(data, shape[1]!);
  }
  return { dtype: "float32", shape, data };
}

/** Normal numbers, those beyond two deviations drawn again, as truncated normals are. */
function fillNormal(data: Float32Array, draws: Draws, deviation: number): void {
  for (let i = 0; i < data.length; i++) {
    let value;
    do value = draws.normal();
    while (Math.abs(value) > 2);
    data[i] = value * deviation;
  }
}

function toUnitRows(data: Float32Array, width: number): void {
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const length = Math.hypot(...row);
    row.forEach((value, i) => (row[i] = value / length));
  }
}
