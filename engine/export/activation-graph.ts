/** The activations of model/feed-forward.ts as graphs. */
import type { Traits } from "../model/traits.ts";
import type { BlockNumbers } from "./block-numbers.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

export interface ActivationOptions {
  readonly opset: number;
  readonly numbers: BlockNumbers;
}

/** Of a plain feed-forward; GELU is one operator from opset 20 on. */
export function activationGraph(
  graph: OnnxGraph,
  x: string,
  activation: Traits["activation"],
  { opset, numbers }: ActivationOptions,
): string {
  const constant = (value: number) => numbers.half(graph.scalar(value));
  const times = (a: string, b: string) => graph.node("Mul", [a, b]);
  const plus = (a: string, b: string) => graph.node("Add", [a, b]);
  switch (activation) {
    case "gelu": {
      // x / 2 (1 + erf(x / sqrt 2))
      if (opset >= 20) return graph.node("Gelu", [x]);
      const erf = graph.node("Erf", [graph.node("Div", [x, constant(Math.SQRT2)])]);
      return times(times(x, plus(erf, constant(1))), constant(0.5));
    }
    case "gelu tanh": {
      if (opset >= 20) return graph.node("Gelu", [x], { approximate: { text: "tanh" } });
      // x (a + b x^2): x^3 would leave float16 at 40, where tanh is 1 long since.
      const [a, b] = [Math.sqrt(2 / Math.PI), 0.044715 * Math.sqrt(2 / Math.PI)];
      const inner = times(x, plus(times(times(x, x), constant(b)), constant(a)));
      return times(times(x, plus(graph.node("Tanh", [inner]), constant(1))), constant(0.5));
    }
    case "gelu sigmoid":
      return times(x, graph.node("Sigmoid", [times(x, constant(1.702))]));
  }
}

/** x sigmoid(x), of a gated feed-forward. */
export function siluGraph(graph: OnnxGraph, x: string): string {
  return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
}
