/** An ONNX graph as it is put together: nodes with names, and weights that are read when it is written. */
import {
  elementType,
  onnxAttribute,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxNode,
  type OnnxValueInfo,
} from "../compiler/onnx-proto.ts";

export type ElementType = keyof typeof elementType;

/** A tensor of the file. Its bytes are asked for once, when their turn comes. */
export interface OnnxWeight {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  read(): Uint8Array | Promise<Uint8Array>;
}

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  bfloat16: 2,
};

export function weightBytes({ type, dims }: OnnxWeight): number {
  return dims.reduce((product, size) => product * size, elementBytes[type]);
}

/** A size, or the name of one that is not known before the model runs. */
export type Dimension = number | string;

export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly weights: OnnxWeight[] = [];
  readonly inputs: OnnxValueInfo[] = [];
  readonly outputs: OnnxValueInfo[] = [];
  private readonly known = new Set<string>();
  private readonly used = new Map<string, number>();

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** @param value that is computed; it is given out under the name */
  output(name: string, value: string, type: ElementType, dims: readonly Dimension[]): void {
    this.outputs.push(valueInfo(name, type, dims));
    this.push("Identity", [value], {}, [name]);
  }

  /**
   * @param operator of ONNX, or with its domain before a dot: "com.microsoft.MultiHeadAttention"
   * @returns the name of its result
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.results(operator, inputs, 1, attributes)[0]!;
  }

  /** As node, of an operator with several results. */
  results(
    operator: string,
    inputs: readonly string[],
    results: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    const type = operator.slice(operator.lastIndexOf(".") + 1);
    const outputs = Array.from({ length: results }, () => this.fresh(type));
    this.push(operator, inputs, attributes, outputs);
    return outputs;
  }

  /** Weights of one name are one: the first is kept. */
  weight(weight: OnnxWeight): string {
    if (!this.known.has(weight.name)) {
      this.known.add(weight.name);
      this.weights.push(weight);
    }
    return weight.name;
  }

  float32(name: string, dims: readonly number[], values: readonly number[] | Float32Array): string {
    const data = Float32Array.from(values);
    return this.weight({ name, type: "float32", dims, read: () => bytesOf(data) });
  }

  scalar(value: number): string {
    return this.float32(`float ${value}`, [], [value]);
  }

  /** int64 [n] */
  ints(...values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    const name = `ints ${values.join(" ")}`;
    return this.weight({ name, type: "int64", dims: [values.length], read: () => bytesOf(data) });
  }

  /** int64 [] */
  int(value: number): string {
    const data = BigInt64Array.of(BigInt(value));
    return this.weight({
      name: `int ${value}`,
      type: "int64",
      dims: [],
      read: () => bytesOf(data),
    });
  }

  private push(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: readonly string[],
  ): void {
    const dot = operator.lastIndexOf(".");
    this.nodes.push({
      name: outputs[0]!,
      opType: operator.slice(dot + 1),
      domain: dot < 0 ? "" : operator.slice(0, dot),
      input: inputs,
      output: outputs,
      attribute: Object.entries(attributes).map(([name, value]) => onnxAttribute(name, value)),
    });
  }

  private fresh(type: string): string {
    const count = (this.used.get(type) ?? 0) + 1;
    this.used.set(type, count);
    return `${type} ${count}`;
  }
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): OnnxValueInfo {
  const dim = dims.map((size): OnnxDimension =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: elementType[type], shape: { dim } } } };
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
