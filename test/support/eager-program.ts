/** The smallest executor: runs a program op by op on tfjs's plain JavaScript backend. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type {
  HostTensor,
  ParamSource,
  PreparedProgram,
  Program,
} from "../../engine/executors/executor.ts";

/** Every feed is checked against the program's inputs, as a compiled program would. */
export function prepareEagerly(program: Program): PreparedProgram {
  const evaluate = async (
    feeds: Readonly<Record<string, HostTensor>>,
    names: readonly string[],
  ): Promise<Record<string, HostTensor>> => {
    await tf.setBackend("cpu");
    const outputs = tf.tidy(() => {
      const inputs = mapValues(program.inputs, ({ shape, dtype }, name) => {
        const feed = feeds[name]!;
        const received = `[${feed.shape.join()}] of ${feed.data.length}`;
        const expected = `[${shape.join()}] of ${tf.util.sizeFromShape([...shape])}`;
        if (received !== expected) {
          throw new Error(`${program.name}, ${name}: expected ${expected}, received ${received}`);
        }
        // A copy: tfjs keeps the array that it is given.
        return tf.tensor(feed.data.slice(), [...shape], dtype);
      });
      const built = program.build(inputs, mapValues(program.params, paramTensor));
      return names.map((name) => built[name]!);
    });
    const results: Record<string, HostTensor> = {};
    for (const [index, name] of names.entries()) {
      const tensor = outputs[index]!;
      const data = (await tensor.data()) as Float32Array | Int32Array;
      results[name] = { dtype: tensor.dtype as HostTensor["dtype"], shape: tensor.shape, data };
      tensor.dispose();
    }
    return results;
  };
  return { bytes: 0, run: evaluate, dispose: () => Promise.resolve() };
}

function paramTensor(source: ParamSource): tf.Tensor {
  if (source.kind === "file") throw new Error("parameters in files are not read here");
  return tf.tensor(source.data.slice(), [...source.shape], "float32");
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, change(v, k)]));
}
