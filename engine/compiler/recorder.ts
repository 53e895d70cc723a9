/**
 * A tfjs backend whose kernels append nodes to a graph instead of computing. It holds shapes, not
 * numbers, so reading a value or drawing a random number is refused, by the name of the op.
 */
import * as tf from "@tensorflow/tfjs-core";
import { EngineError } from "../protocol/errors.ts";
import type { Attributes, ConstantData, GraphDtype, Node, Value, ValueType } from "./graph.ts";
import { kernelNames, type KernelName } from "./kernel-names.ts";
import { kernelRules } from "./rules/table.ts";

export const recorderName = "recorder";

/** Ops that draw on the host: traced, the same numbers would come back on every run. */
const randomOps = [
  "dropout",
  "multinomial",
  "rand",
  "randomGamma",
  "randomNormal",
  "randomStandardNormal",
  "randomUniform",
  "randomUniformInt",
  "truncatedNormal",
];

class Recorder extends tf.KernelBackend {
  private values = new WeakMap<object, Value>();
  private nextValue = 0;
  nodes: Node[] = [];
  constants = new Map<Value, ConstantData>();

  /** Forget the last trace. */
  forget(): void {
    this.values = new WeakMap();
    this.nodes = [];
    this.constants = new Map();
    this.nextValue = 0;
  }

  /** A value that nothing computes: an input or a parameter. */
  input(type: ValueType): { tensor: tf.Tensor; value: Value } {
    const info = this.define(type);
    return { tensor: tf.engine().makeTensorFromTensorInfo(info), value: this.valueBehind(info) };
  }

  /** Values known while tracing. */
  fixed(data: ConstantData, type: ValueType): tf.TensorInfo {
    const info = this.define(type);
    this.constants.set(this.valueBehind(info), data);
    return info;
  }

  valueBehind(info: tf.TensorInfo): Value {
    const value = this.values.get(info.dataId);
    if (!value) throw new Error("internal: a tensor of another trace was used while tracing");
    return value;
  }

  record(kernel: KernelName, inputs: tf.TensorInfo[], attributes: Attributes): tf.TensorInfo[] {
    const rule = kernelRules[kernel];
    const values = inputs.map((info) => this.valueBehind(info));
    const infos = rule.infer(values, attributes).map((type) => this.define(type));
    const outputs = infos.map((info) => this.valueBehind(info));
    this.nodes.push({ kernel, inputs: values, attributes, outputs });
    return infos;
  }

  private define({ shape, dtype }: ValueType): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, { id: this.nextValue++, shape: [...shape], dtype });
    return { dataId, shape: [...shape], dtype };
  }

  // What tfjs asks of a backend.

  override write(data: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const op = currentOps().find((name) => randomOps.includes(name));
    if (op !== undefined) throw refusedRandom(op);
    if (dtype === "string" || dtype === "complex64") {
      throw new EngineError("trace.kernel", `A ${dtype} tensor was made in a traced function`);
    }
    const info = this.fixed(compact(data as tf.TypedArray, dtype), { shape, dtype });
    return info.dataId;
  }
  override move(): void {
    throw new Error("internal: a tensor of another backend was used while tracing");
  }
  override readSync(): never {
    throw refusedRead();
  }
  override read(): never {
    throw refusedRead();
  }
  override memory() {
    return { unreliable: true };
  }
  override numDataIds(): number {
    return this.nextValue;
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }
}

let recorder: Recorder | undefined;

/** The one recorder, registered with tfjs on first use. */
export function theRecorder(): Recorder {
  if (recorder) return recorder;
  const created = new Recorder();
  recorder = created;
  tf.registerBackend(recorderName, () => created, 0);
  for (const kernelName of kernelNames) {
    const { inputs: inputNames } = kernelRules[kernelName];
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs }) => {
        const list =
          inputNames === "list" ? Object.values(inputs) : inputNames.map((name) => inputs[name]);
        const present = list.filter((info): info is tf.TensorInfo => info !== undefined);
        // tfjs leaves the attributes out where a kernel has none.
        const attributes = (attrs ?? {}) as Attributes;
        const infos = created.record(kernelName, present, attributes);
        return infos.length === 1 && !manyOutputs.has(kernelName) ? infos[0]! : infos;
      },
    });
  }
  registerFills(created);
  return created;
}

/** Kernels that tfjs expects to answer with a list, even of one. */
const manyOutputs = new Set<KernelName>(["SplitV", "Unpack", "TopK", "SkipLayerNorm"]);

/** Kernels that make a tensor filled with one number: constants, not nodes. */
function registerFills(target: Recorder): void {
  const like = (value: number) => (inputs: tf.NamedTensorInfoMap) => {
    const { shape, dtype } = inputs["x"]!;
    return target.fixed(value, { shape, dtype: dtype as GraphDtype });
  };
  const fills = {
    ZerosLike: like(0),
    OnesLike: like(1),
    Fill: (_: tf.NamedTensorInfoMap, attrs: Attributes) =>
      target.fixed(Number(attrs["value"]), {
        shape: attrs["shape"] as readonly number[],
        dtype: (attrs["dtype"] as GraphDtype | undefined) ?? "float32",
      }),
  };
  for (const [kernelName, fill] of Object.entries(fills)) {
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs }) => fill(inputs, (attrs ?? {}) as Attributes),
    });
  }
}

/** Typed values; one number where all are the same, which keeps ones and zeros out of the graph. */
function compact(data: tf.TypedArray, dtype: GraphDtype): ConstantData {
  const first = data[0] ?? 0;
  if (data.length > 1 && data.every((value) => value === first)) return first;
  if (dtype === "float32") return Float32Array.from(data);
  return dtype === "int32" ? Int32Array.from(data) : Uint8Array.from(data);
}

/** Names of the tfjs ops that are being run, innermost last. */
function currentOps(): string[] {
  const { state } = tf.engine() as unknown as {
    state: { scopeStack: readonly { name: string }[] };
  };
  return state.scopeStack.map(({ name }) => name.replace(/__op$/, ""));
}

function refusedRead(): EngineError {
  const op = currentOps().findLast((name) => name !== "" && name !== traceScope);
  const where = op === undefined ? "" : ` in ${op}`;
  return new EngineError(
    "trace.read",
    `A tensor's value was read${where} inside a traced function: it has none yet`,
    { hint: "Return the tensor and read it after the run, or use an op that stays on the device." },
  );
}

function refusedRandom(op: string): EngineError {
  return new EngineError(
    "trace.random",
    `${op} was called inside a traced function: its numbers would be frozen into the graph`,
    { hint: "Draw the numbers outside and hand them in as an input." },
  );
}

/** Name of the scope that a trace opens. */
export const traceScope = "trace";
