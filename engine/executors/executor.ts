/**
 * The contract of everything that can run a traced program: prepare a pure function once, run it
 * many times. Callers never learn whether it was compiled or is executed op by op.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { ExecutorName } from "../protocol/messages.ts";

export type Dtype = "float32" | "int32";

/** Values in row-major order on the host. */
export interface HostTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Values that stay where they were computed, for the executor that made them and no other. */
export interface DeviceTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly handle: unknown;
}

/** What a program may be fed. */
export type Fed = HostTensor | DeviceTensor;

export function isOnDevice(tensor: Fed): tensor is DeviceTensor {
  return "handle" in tensor;
}

/** dtype and shape of an input. */
export interface TensorSpec {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** dtypes that a weight file may hold; all become float32 in the program. */
export type StoredDtype = "F32" | "F16" | "BF16";

/**
 * A parameter where it lies: a byte range of a file, which the runtime maps without a copy, or
 * values in memory. `shape` is the shape in the program; the bytes are the same row-major values.
 */
export type ParamSource =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly byteOffset: number;
      readonly byteLength: number;
      readonly dtype: StoredDtype;
      readonly shape: readonly number[];
    }
  | { readonly kind: "values"; readonly data: Float32Array; readonly shape: readonly number[] };

export type NamedTensors = Readonly<Record<string, Tensor>>;

/**
 * A pure function over tensors, with what it needs to be prepared.
 * `build` may use tfjs-core ops and those of compiler/ops.ts. It must not read a value and must not
 * draw a random number; both are refused while tracing.
 */
export interface Program {
  /** For messages, logs and caches. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly params: Readonly<Record<string, ParamSource>>;
  /**
   * Leave the runtime's own optimiser out. It looks for constants to fold and operators to fuse; a
   * training step has no constants and is fused already, and on ten thousand nodes it takes seconds
   * to find nothing (ViT-S: 7 s of preparation against 1.3 s, the same speed and the same loss).
   */
  readonly isOptimised?: true;
  /** Outputs that may stay on the device: what the next run is fed with. */
  readonly kept?: readonly string[];
  build(inputs: NamedTensors, params: NamedTensors): NamedTensors;
}

export interface PreparedProgram {
  /** Bytes that it holds: weights as the runtime lays them out, the graph and its working memory. */
  readonly bytes: number;
  /**
   * Run once. Only the named outputs are brought back.
   * @param into tensors that outputs may be written to, by their names: what is not a feed of this
   *   run and nobody needs any more. Fresh memory costs a training step a tenth of its time.
   * @throws EngineError "executor.failed" with the runtime's own words
   */
  run(
    feeds: Readonly<Record<string, Fed>>,
    outputs: readonly string[],
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>;
  /**
   * Run, and leave the program's `kept` outputs on the device. Absent where the device's memory is
   * the host's, or the program keeps nothing.
   */
  readonly runKeeping?:
    | ((
        feeds: Readonly<Record<string, Fed>>,
        outputs: readonly string[],
      ) => Promise<{
        readonly kept: Record<string, DeviceTensor>;
        readonly outputs: Record<string, HostTensor>;
      }>)
    | undefined;
  dispose(): Promise<void>;
}

export interface Executor {
  readonly name: ExecutorName;
  /** The device in words: "2 threads of Intel Xeon", "NVIDIA ...". */
  readonly device: string;
  prepare(program: Program): Promise<PreparedProgram>;
  /** Let go of what runKeeping kept. */
  release?(tensor: DeviceTensor): void;
  dispose(): Promise<void>;
}
