/**
 * The intermediate form between tfjs and ONNX: a list of kernel calls in the order they were made,
 * each value assigned once. It prints itself; tests and bug reports use that text.
 */
import type { KernelName } from "./kernel-names.ts";

export type GraphDtype = "float32" | "int32" | "bool";

/** What shape inference knows of a value. */
export interface ValueType {
  readonly shape: readonly number[];
  readonly dtype: GraphDtype;
}

export interface Value extends ValueType {
  readonly id: number;
}

export type Attribute =
  number | string | boolean | readonly number[] | readonly (readonly number[])[];
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export interface Node {
  readonly kernel: KernelName;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** Values known while tracing. One number stands for a tensor filled with it. */
export type ConstantData = Float32Array | Int32Array | Uint8Array | number;

export interface Graph {
  readonly inputs: ReadonlyMap<string, Value>;
  /** Fixed while the compiled graph lives: the weights. */
  readonly params: ReadonlyMap<string, Value>;
  readonly constants: ReadonlyMap<Value, ConstantData>;
  /** In an order in which every input is known before its use. */
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The graph as text, one call a line, values numbered in the order of their appearance. */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  const typeOf = ({ dtype, shape }: ValueType) => `${dtype}[${shape.join(",")}]`;
  const lines: string[] = [];
  for (const [kind, values] of [
    ["input", graph.inputs],
    ["param", graph.params],
  ] as const) {
    for (const [name, value] of values) {
      names.set(value, name);
      lines.push(`${kind} ${name}: ${typeOf(value)}`);
    }
  }
  const nameOf = (value: Value): string => {
    let name = names.get(value);
    if (name === undefined) {
      const constant = graph.constants.get(value);
      name = typeof constant === "number" ? `${constant}` : constant ? "const" : `%${names.size}`;
      if (constant) name += `:${typeOf(value)}`;
      names.set(value, name);
    }
    return name;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(nameOf).join(", ");
    const outputs = node.outputs.map((value) => `${nameOf(value)}: ${typeOf(value)}`).join(", ");
    const attributes = Object.entries(node.attributes)
      .filter(([, value]) => value !== undefined && value !== false)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(" ");
    lines.push(`${outputs} = ${node.kernel}(${inputs})${attributes && ` ${attributes}`}`);
  }
  for (const [name, value] of graph.outputs) lines.push(`output ${name}: ${nameOf(value)}`);
  return lines.join("\n");
}
