/**
 * What a kernel must supply to be compiled: the names of its inputs, the types of its outputs and
 * its form in ONNX. The two stand together so that they cannot drift apart.
 */
import type { Attributes, GraphDtype, ValueType } from "./graph.ts";
import { elementType, type OnnxAttribute } from "./onnx-proto.ts";

/** What the lowering must know of the device. */
export interface Target {
  readonly provider: "cpu" | "webgpu" | "cuda";
  /** Whether the provider's fused attention gives the right numbers on this device. */
  readonly fusedAttention: boolean;
}

export interface KernelRule {
  /** tfjs names of the inputs in order, or "list" where the kernel takes an array. */
  readonly inputs: readonly string[] | "list";
  infer(inputs: readonly ValueType[], attributes: Attributes): readonly ValueType[];
  lower(lowering: Lowering): void;
}

/** One kernel call being turned into ONNX nodes. */
export interface Lowering {
  readonly target: Target;
  /** ONNX names of the inputs. */
  readonly inputs: readonly string[];
  readonly inputTypes: readonly ValueType[];
  /** ONNX names that the outputs must get. */
  readonly outputs: readonly string[];
  readonly outputTypes: readonly ValueType[];
  readonly attributes: Attributes;
  /**
   * Add a node. `outputs` names its results; left out, one fresh name is made.
   * @returns the name of the first result
   */
  emit(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: readonly string[],
  ): string;
  /** A 1-D int64 constant, for axes, shapes and indices. */
  int64(values: readonly number[]): string;
  /** A scalar constant. */
  scalar(value: number, dtype?: GraphDtype): string;
}

/** TensorProto.DataType of ONNX. */
export const onnxDtype: Readonly<Record<GraphDtype | "int64" | "float16" | "bfloat16", number>> = {
  float32: elementType.float32,
  int32: elementType.int32,
  int64: elementType.int64,
  bool: elementType.bool,
  float16: elementType.float16,
  bfloat16: elementType.bfloat16,
};

/** A required attribute as a number. */
export function numberAttribute(attributes: Attributes, name: string): number {
  const value = attributes[name];
  if (typeof value !== "number") throw new Error(`internal: attribute ${name} is not a number`);
  return value;
}

/** A required attribute as a list of numbers; a single number is a list of one. */
export function listAttribute(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (typeof value === "number") return [value];
  if (Array.isArray(value)) return value as readonly number[];
  throw new Error(`internal: attribute ${name} is not a list`);
}

/** Axes counted from the front; a missing list is all axes. */
export function axesAttribute(attributes: Attributes, name: string, rank: number): number[] {
  // tfjs passes null for "all axes".
  if ((attributes[name] ?? null) === null) {
    return Array.from({ length: rank }, (_, axis) => axis);
  }
  return listAttribute(attributes, name).map((axis) => (axis < 0 ? axis + rank : axis));
}

/** NumPy's broadcasting of two shapes. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new Error(`internal: shapes [${a.join(",")}] and [${b.join(",")}] do not broadcast`);
    }
    return x === 1 ? y : x;
  });
}
