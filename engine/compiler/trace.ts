/** Run a pure tfjs function once on symbolic tensors and hand back the graph of what it did. */
import * as tf from "@tensorflow/tfjs-core";
import { EngineError } from "../protocol/errors.ts";
import type { Graph, Value, ValueType } from "./graph.ts";
import { recorderName, theRecorder, traceScope } from "./recorder.ts";

export interface Traceable {
  readonly name: string;
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Shapes of the parameters; they are float32 in the graph, whatever the file holds. */
  readonly params: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  build(
    inputs: Readonly<Record<string, tf.Tensor>>,
    params: Readonly<Record<string, tf.Tensor>>,
  ): Readonly<Record<string, tf.Tensor>>;
}

/**
 * @throws EngineError "trace.read", "trace.random" or "trace.kernel", naming the op
 */
export function trace(program: Traceable): Graph {
  const recorder = theRecorder();
  const before = tf.engine().backendName as string | undefined;
  // The promise is for backends that start slowly; the recorder is there at once.
  void tf.setBackend(recorderName);
  recorder.forget();
  try {
    const inputs = new Map<string, Value>();
    const params = new Map<string, Value>();
    const outputs = new Map<string, Value>();
    tf.engine().startScope(traceScope);
    try {
      const make = (values: Map<string, Value>, name: string, type: ValueType) => {
        const { tensor, value } = recorder.input(type);
        values.set(name, value);
        return [name, tensor] as const;
      };
      const results = program.build(
        Object.fromEntries(
          Object.entries(program.inputs).map(([name, type]) => make(inputs, name, type)),
        ),
        Object.fromEntries(
          Object.entries(program.params).map(([name, { shape }]) =>
            make(params, name, { shape, dtype: "float32" }),
          ),
        ),
      );
      for (const [name, tensor] of Object.entries(results)) {
        outputs.set(name, recorder.valueBehind(tensor));
      }
    } finally {
      tf.engine().endScope();
    }
    return { inputs, params, outputs, nodes: recorder.nodes, constants: recorder.constants };
  } catch (error) {
    throw nameKernel(error, program.name);
  } finally {
    if (before !== undefined && before !== recorderName) void tf.setBackend(before);
  }
}

/** tfjs's complaint about a kernel without a rule, in our words. */
function nameKernel(error: unknown, program: string): unknown {
  const kernel = /[Kk]ernel '(\w+)'(?: not registered)? for backend/.exec(String(error))?.[1];
  if (kernel === undefined) return error;
  if (kernel === "Multinomial") {
    return new EngineError(
      "trace.random",
      `multinomial was called inside the traced function ${program}`,
      { hint: "Draw the numbers outside and hand them in as an input." },
    );
  }
  return new EngineError(
    "trace.kernel",
    `${program}: the kernel ${kernel} has no rule, so it cannot be compiled`,
    { hint: "Write it with ops that have one (engine/compiler/rules), or add a rule." },
  );
}
