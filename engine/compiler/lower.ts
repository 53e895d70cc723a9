/** Graph to the bytes of an ONNX model for one target, by walking it once through the rule table. */
import type { ConstantData, Graph, GraphDtype, Node, Value } from "./graph.ts";
import { sizeOf } from "./graph.ts";
import {
  encodeModel,
  onnxAttribute,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "./onnx-proto.ts";
import { onnxDtype, type Target } from "./rule.ts";
import { kernelRules } from "./rules/table.ts";

/** Where a parameter's values are: a range of a file beside the model, or here. */
export type Initializer =
  | {
      readonly kind: "file";
      /** Relative to the folder that the session is told. */
      readonly location: string;
      readonly byteOffset: number;
      readonly byteLength: number;
      readonly dtype: "F32" | "F16" | "BF16";
    }
  | { readonly kind: "values"; readonly data: Float32Array };

/** Filled constants up to this many elements are written out; longer ones are expanded there. */
const smallConstant = 64;

/** @returns the bytes of an ONNX model; weights of kind "file" stay where they are */
export function lower(
  graph: Graph,
  target: Target,
  params: Readonly<Record<string, Initializer>>,
): Uint8Array {
  return new Lowerer(graph, target).run(params);
}

class Lowerer {
  private readonly names = new Map<Value, string>();
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxTensor>();
  private fresh = 0;

  constructor(
    private readonly graph: Graph,
    private readonly target: Target,
  ) {}

  run(params: Readonly<Record<string, Initializer>>): Uint8Array {
    const { graph } = this;
    for (const [name, value] of graph.inputs) this.names.set(value, name);
    for (const name of graph.outputs.keys()) {
      // ONNX has one set of names; the runtime would say no more than "duplicate definition".
      if (graph.inputs.has(name)) throw new Error(`internal: ${name} is an input and an output`);
    }
    for (const [name, value] of graph.params) this.addParam(name, value, params[name]);
    for (const [value, data] of graph.constants) this.addConstant(value, data);
    const renamed = this.nameOutputs();
    for (const node of graph.nodes) this.lowerNode(node);
    for (const [name, value] of graph.outputs) {
      if (renamed.get(value) !== name) this.emit("Identity", [this.nameOf(value)], {}, [name]);
    }
    return encodeModel({
      irVersion: 10,
      producerName: "gramscope",
      opsetImport: [
        { domain: "", version: 18 },
        { domain: "com.microsoft", version: 1 },
      ],
      graph: {
        name: "program",
        node: this.nodes,
        initializer: [...this.initializers.values()],
        input: [...graph.inputs].map(([name, value]) => valueInfo(name, value)),
        output: [...graph.outputs].map(([name, value]) => valueInfo(name, value)),
      },
    });
  }

  /** Computed values that are outputs carry the output's name from the start. */
  private nameOutputs(): Map<Value, string> {
    const computed = new Set(this.graph.nodes.flatMap(({ outputs }) => outputs));
    const named = new Map<Value, string>();
    for (const [name, value] of this.graph.outputs) {
      if (!computed.has(value) || named.has(value)) continue;
      named.set(value, name);
      this.names.set(value, name);
    }
    return named;
  }

  private lowerNode(node: Node): void {
    kernelRules[node.kernel].lower({
      target: this.target,
      inputs: node.inputs.map((value) => this.nameOf(value)),
      inputTypes: node.inputs,
      outputs: node.outputs.map((value) => this.nameOf(value)),
      outputTypes: node.outputs,
      attributes: node.attributes,
      emit: (operator, inputs, attributes, outputs) =>
        this.emit(operator, inputs, attributes, outputs),
      int64: (values) => this.int64(values),
      scalar: (value, dtype) => this.scalar(value, dtype ?? "float32"),
    });
  }

  private emit(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputs: readonly string[] = [this.freshName()],
  ): string {
    const dot = operator.lastIndexOf(".");
    this.nodes.push({
      name: `${operator.slice(dot + 1)}_${this.nodes.length}`,
      opType: operator.slice(dot + 1),
      domain: dot < 0 ? "" : operator.slice(0, dot),
      input: inputs,
      output: outputs,
      attribute: Object.entries(attributes).map(([name, value]) => onnxAttribute(name, value)),
    });
    return outputs[0]!;
  }

  private addParam(name: string, value: Value, source: Initializer | undefined): void {
    if (!source) throw new Error(`internal: no values for the parameter ${name}`);
    const dims = value.shape;
    if (source.kind === "values") {
      const rawData = bytesOf(source.data);
      this.initializers.set(name, { name, dims, dataType: onnxDtype.float32, rawData });
      this.names.set(value, name);
      return;
    }
    const stored = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;
    const dtype = stored[source.dtype];
    this.initializers.set(name, {
      name,
      dims,
      dataType: onnxDtype[dtype],
      dataLocation: 1,
      externalData: [
        { key: "location", value: source.location },
        { key: "offset", value: String(source.byteOffset) },
        { key: "length", value: String(source.byteLength) },
      ],
    });
    // The runtime folds this cast once, when the session is made.
    const wide = dtype === "float32" ? name : this.emit("Cast", [name], { to: onnxDtype.float32 });
    this.names.set(value, wide);
  }

  private addConstant(value: Value, data: ConstantData): void {
    const { shape, dtype } = value;
    if (typeof data === "number" && sizeOf(shape) > smallConstant) {
      const one = this.scalar(data, dtype);
      this.names.set(value, this.emit("Expand", [one, this.int64(shape)]));
      return;
    }
    const name = this.freshName();
    const values = typeof data === "number" ? filled(data, sizeOf(shape), dtype) : data;
    const rawData = bytesOf(values);
    this.initializers.set(name, { name, dims: shape, dataType: onnxDtype[dtype], rawData });
    this.names.set(value, name);
  }

  private int64(values: readonly number[]): string {
    const name = `int64[${values.join(",")}]`;
    const rawData = bytesOf(BigInt64Array.from(values, BigInt));
    this.initializers.set(name, {
      name,
      dims: [values.length],
      dataType: onnxDtype.int64,
      rawData,
    });
    return name;
  }

  private scalar(value: number, dtype: GraphDtype): string {
    const name = `${dtype}(${value})`;
    const rawData = bytesOf(filled(value, 1, dtype));
    this.initializers.set(name, { name, dims: [], dataType: onnxDtype[dtype], rawData });
    return name;
  }

  private nameOf(value: Value): string {
    let name = this.names.get(value);
    if (name === undefined) this.names.set(value, (name = this.freshName()));
    return name;
  }

  private freshName(): string {
    return `v${this.fresh++}`;
  }
}

function valueInfo(name: string, { shape, dtype }: Value): OnnxValueInfo {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: onnxDtype[dtype], shape: { dim } } } };
}

function filled(value: number, length: number, dtype: GraphDtype) {
  const kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
  return new kind(length).fill(value);
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
