/** The state before the first step: random weights as DINOv3 draws them, teachers equal to the student. */
import type { HostTensor } from "../executors/executor.ts";
import { maskToken } from "../model/params.ts";
import { normalAt } from "../random/counter.ts";
import { elementCount } from "../protocol/tensor.ts";
import { networkShapes, prefixed, under, type NetworkShape, type TrainingState } from "./state.ts";

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
  readonly hasGramTeacher: boolean;
}

/** Linear weights and tokens normal 0.02, biases and mask token 0, norms 1 (reference dinov3.md A.4). */
export function initialState(shape: NetworkShape, options: InitialOptions): TrainingState {
  const shapes = networkShapes(shape);
  const student = Object.fromEntries(
    Object.entries(shapes).map(([name, size], index) => [
      name,
      initialTensor(name, size, index, options, shape.config.patch),
    ]),
  );
  return {
    ...followers(student, options.hasGramTeacher),
    ...prefixed("student.", student),
    ...prefixed("m.", zerosLike(student)),
    ...prefixed("v.", zerosLike(student)),
  };
}

/** Teacher and Gram teacher as copies of a network. */
function followers(student: Record<string, HostTensor>, hasGramTeacher: boolean): TrainingState {
  const { [maskToken]: _, ...backbone } = under("backbone.", student);
  return {
    ...prefixed("teacher.", student),
    ...(hasGramTeacher ? prefixed("gram.backbone.", backbone) : {}),
  };
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
  index: number,
  { seed, layerScale, prototypes }: InitialOptions,
  patch: number,
): HostTensor {
  const data = new Float32Array(elementCount(shape));
  const stream = seed * 65_536 + index;
  if (/scale[12]$/.test(name)) data.fill(layerScale);
  else if (/norm\d?\.weight$/.test(name)) data.fill(1);
  else if (name.startsWith("backbone.patch.")) {
    // Uniform of ±1/sqrt(3 p²) has this deviation; the shape of the distribution is of no matter.
    const deviation = 1 / Math.sqrt(3 * 3 * patch * patch);
    fillNormal(data, stream, deviation);
  } else if (!name.endsWith("bias") && name !== `backbone.${maskToken}`) {
    fillNormal(data, stream, 0.02);
    if (prototypes === "unit" && name.endsWith("last_layer.weight")) toUnitRows(data, shape[1]!);
  }
  return { dtype: "float32", shape, data };
}

/** Normal numbers, those beyond two deviations drawn again, as truncated normals are. */
function fillNormal(data: Float32Array, stream: number, deviation: number): void {
  let counter = 0;
  for (let i = 0; i < data.length; i++) {
    let value;
    do value = normalAt(stream, counter++);
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
