/** The fast path: trace, simplify, lower, then an ONNX Runtime session on CPU, WebGPU or CUDA. */
import path from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { lower, type Initializer } from "../compiler/lower.ts";
import { peakBytes } from "../compiler/memory.ts";
import type { Target } from "../compiler/rule.ts";
import { simplify } from "../compiler/simplify.ts";
import { trace } from "../compiler/trace.ts";
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import { availableMemory } from "./available-memory.ts";
import {
  isOnDevice,
  type DeviceTensor,
  type Dtype,
  type Executor,
  type Fed,
  type HostTensor,
  type ParamSource,
  type PreparedProgram,
  type Program,
} from "./executor.ts";
import { loadOnnxRuntime, type OnnxRuntime } from "./onnx-runtime.ts";

export interface CompiledOptions {
  readonly target: Target;
  /** In words, for people. */
  readonly device: string;
  /** Threads of the CPU provider. */
  readonly threads: number;
  /** Write a profile of every session to files that start with this path. */
  readonly profilePrefix?: string | undefined;
}

export class CompiledExecutor implements Executor {
  readonly name: Target["provider"];
  readonly device: string;

  constructor(private readonly options: CompiledOptions) {
    this.name = options.target.provider;
    this.device = options.device;
  }

  async prepare(program: Program): Promise<CompiledProgram> {
    const ort = await loadOnnxRuntime();
    const { target, threads, profilePrefix } = this.options;
    const graph = simplify(trace(program));
    const sources = [...graph.params.keys()].map((name) => [name, program.params[name]!] as const);
    const folder = commonFolder(sources.map(([, source]) => source));
    const model = lower(
      graph,
      target,
      Object.fromEntries(sources.map(([name, source]) => [name, initializer(source, folder)])),
    );
    const config: Record<string, string> =
      folder === undefined
        ? {}
        : { "session.model_external_initializers_file_folder_path": folder };
    const peak = peakBytes(graph);
    // The runtime's Node package keeps tensors on WebGPU alone.
    const kept = target.provider === "webgpu" ? (program.kept ?? []) : [];
    try {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [target.provider],
        graphOptimizationLevel: program.isOptimised ? "disabled" : "all",
        intraOpNumThreads: threads,
        enableCpuMemArena: keepsMemory(program, peak),
        logSeverityLevel: 3,
        extra: config,
        ...(kept.length > 0
          ? { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, onDevice])) }
          : {}),
        ...(profilePrefix === undefined
          ? {}
          : { enableProfiling: true, profileFilePrefix: profilePrefix }),
      });
      const weights = sources.reduce((sum, [, { shape }]) => sum + 4 * elementCount(shape), 0);
      const bytes = weights + model.byteLength + peak;
      return new CompiledProgram(ort, session, program, bytes, kept);
    } catch (error) {
      throw failure(error, program.name, this.device);
    }
  }

  release({ handle }: DeviceTensor): void {
    (handle as Tensor).dispose();
  }

  async dispose(): Promise<void> {
    // Sessions belong to their programs; the provider itself holds nothing.
  }
}

/**
 * Whether the runtime holds on to its working memory between runs. A training step, which runs
 * thousands of times, is a twentieth faster for it (ViT-S at batch 8, in turn: 0.75 against 0.70 of
 * the product's speed) and takes about twice the memory; every other program would keep the memory of
 * a moment for good.
 */
function keepsMemory({ isOptimised }: Program, peak: number): boolean {
  return isOptimised === true && 4 * peak <= availableMemory();
}

const onDevice = "gpu-buffer" as const;

export class CompiledProgram implements PreparedProgram {
  readonly runKeeping: PreparedProgram["runKeeping"];

  constructor(
    private readonly ort: OnnxRuntime,
    private readonly session: InferenceSession,
    private readonly program: Program,
    readonly bytes: number,
    kept: readonly string[] = [],
  ) {
    if (kept.length > 0) this.runKeeping = (feeds, outputs) => this.keep(feeds, kept, outputs);
  }

  async run(
    feeds: Readonly<Record<string, Fed>>,
    outputs: readonly string[],
    into: Readonly<Record<string, HostTensor>> = {},
  ): Promise<Record<string, HostTensor>> {
    const fetches = Object.fromEntries(
      outputs.map((name) => [name, into[name] ? this.tensor(into[name]) : null]),
    );
    const results = await this.execute(feeds, fetches);
    return Object.fromEntries(outputs.map((name) => [name, hostTensor(results[name]!)] as const));
  }

  private async keep(
    feeds: Readonly<Record<string, Fed>>,
    kept: readonly string[],
    outputs: readonly string[],
  ) {
    const names = [...kept, ...outputs];
    const results = await this.execute(feeds, Object.fromEntries(names.map((n) => [n, null])));
    return {
      kept: Object.fromEntries(
        kept.map((name): [string, DeviceTensor] => {
          const handle = results[name]!;
          return [name, { dtype: dtypeOf(handle), shape: handle.dims, handle }];
        }),
      ),
      outputs: Object.fromEntries(outputs.map((name) => [name, hostTensor(results[name]!)])),
    };
  }

  private async execute(
    feeds: Readonly<Record<string, Fed>>,
    fetches: Readonly<Record<string, Tensor | null>>,
  ): Promise<InferenceSession.ReturnType> {
    const inputs: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      const feed = feeds[name];
      if (!feed) throw new Error(`internal: ${this.program.name} was not fed ${name}`);
      inputs[name] = isOnDevice(feed) ? (feed.handle as Tensor) : this.tensor(feed);
    }
    try {
      return await this.session.run(inputs, fetches);
    } catch (error) {
      throw failure(error, this.program.name, "the runtime");
    }
  }

  private tensor({ dtype, data, shape }: HostTensor): Tensor {
    return new this.ort.Tensor(dtype, data, shape);
  }

  /** Close the profile of this session; only where profiling was asked for. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

function dtypeOf({ type }: Tensor): Dtype {
  return type === "int32" ? "int32" : "float32";
}

function hostTensor(tensor: Tensor): HostTensor {
  return {
    dtype: dtypeOf(tensor),
    shape: tensor.dims,
    data: tensor.data as Float32Array | Int32Array,
  };
}

/** The deepest folder that holds every weight file, or undefined when none is on file. */
function commonFolder(sources: readonly ParamSource[]): string | undefined {
  const folders = sources.flatMap((source) =>
    source.kind === "file" ? [path.dirname(source.path).split(path.sep)] : [],
  );
  const [first, ...others] = folders;
  if (!first) return undefined;
  let depth = first.length;
  for (const other of others) {
    let shared = 0;
    while (shared < depth && first[shared] === other[shared]) shared++;
    depth = shared;
  }
  return first.slice(0, depth).join(path.sep) || path.sep;
}

function initializer(source: ParamSource, folder: string | undefined): Initializer {
  if (source.kind === "values") return { kind: "values", data: source.data };
  const { byteOffset, byteLength, dtype } = source;
  const location = path.relative(folder!, source.path).split(path.sep).join("/");
  return { kind: "file", location, byteOffset, byteLength, dtype };
}

/** The runtime's words in an error that says what to do. */
function failure(error: unknown, program: string, device: string): EngineError {
  if (error instanceof EngineError) return error;
  const words = error instanceof Error ? error.message : String(error);
  if (/allocat|out of memory|bad_alloc/i.test(words)) {
    return new EngineError("memory", `${program}: not enough memory on ${device} (${words})`, {
      hint: "Use a smaller size, a smaller model, or close other programs.",
      cause: error,
    });
  }
  return new EngineError("executor.failed", `${program} failed on ${device}: ${words}`, {
    hint: "Try --device cpu; `gramscope doctor` checks every executor.",
    cause: error,
  });
}
