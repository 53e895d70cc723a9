/** Runs programs op by op on a tfjs backend: TensorFlow's GPU build, or plain JavaScript in tests. */
import { open } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import { registerComposites } from "../compiler/ops.ts";
import type { ExecutorName } from "../protocol/messages.ts";
import type { Executor, HostTensor, ParamSource, PreparedProgram, Program } from "./executor.ts";
import { toFloat32 } from "./float-formats.ts";

export interface EagerOptions {
  readonly name: ExecutorName;
  readonly device: string;
  /** Name under which the tfjs backend is registered. */
  readonly backend: string;
}

export class EagerExecutor implements Executor {
  readonly name: ExecutorName;
  readonly device: string;

  constructor(private readonly options: EagerOptions) {
    this.name = options.name;
    this.device = options.device;
    registerComposites(options.backend);
  }

  async prepare(program: Program): Promise<PreparedProgram> {
    const { backend } = this.options;
    const params: Record<string, tf.Tensor> = {};
    let bytes = 0;
    for (const [name, source] of Object.entries(program.params)) {
      const values = await readParam(source);
      onBackend(backend, () => {
        params[name] = tf.keep(tf.tensor(values, [...source.shape], "float32"));
      });
      bytes += values.byteLength;
    }
    return {
      bytes,
      run: async (feeds, outputs) =>
        onBackend(backend, () =>
          // Nothing is kept on a device here, so nothing of a device is fed.
          runOnce(program, params, feeds as Readonly<Record<string, HostTensor>>, outputs),
        ),
      dispose: async () => {
        for (const tensor of Object.values(params)) tensor.dispose();
      },
    };
  }

  async dispose(): Promise<void> {
    // The tfjs backend is shared by the process and stays.
  }
}

function runOnce(
  program: Program,
  params: tf.NamedTensorMap,
  feeds: Readonly<Record<string, HostTensor>>,
  outputs: readonly string[],
): Record<string, HostTensor> {
  const results: Record<string, HostTensor> = {};
  tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries(program.inputs).map(([name, spec]) => {
        const feed = feeds[name];
        if (!feed) throw new Error(`internal: ${program.name} was not fed ${name}`);
        return [name, tf.tensor(feed.data, [...spec.shape], spec.dtype)];
      }),
    );
    const built = program.build(inputs, params);
    for (const name of outputs) {
      const tensor = built[name];
      if (!tensor) throw new Error(`internal: ${program.name} has no output ${name}`);
      const dtype = tensor.dtype === "int32" ? "int32" : "float32";
      results[name] = {
        dtype,
        shape: tensor.shape,
        data: tensor.dataSync() as Float32Array | Int32Array,
      };
    }
  });
  return results;
}

/** tfjs has one current backend; it is put back, so that a trace in between sees its own. */
function onBackend<T>(backend: string, work: () => T): T {
  const before = tf.engine().backendName as string | undefined;
  void tf.setBackend(backend);
  try {
    return work();
  } finally {
    if (before !== undefined && before !== backend) void tf.setBackend(before);
  }
}

async function readParam(source: ParamSource): Promise<Float32Array> {
  if (source.kind === "values") return source.data;
  const file = await open(source.path);
  try {
    const bytes = new Uint8Array(source.byteLength);
    await file.read(bytes, 0, source.byteLength, source.byteOffset);
    return toFloat32(bytes, source.dtype);
  } finally {
    await file.close();
  }
}
