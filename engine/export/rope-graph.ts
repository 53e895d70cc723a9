/** The rotary tables of model/rope.ts as a graph that computes them from the size of its pictures. */
import { elementType } from "../compiler/onnx-proto.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { ropePeriods, type RopePrecision } from "../model/rope.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** Names of float32 [tokens, d / heads / 2]. */
export interface RopeValues {
  readonly cos: string;
  readonly sin: string;
}

/** @param image name of the pictures, [batch, 3, height, width] */
export function ropeGraph(
  graph: OnnxGraph,
  image: string,
  config: VitConfig,
  precision: RopePrecision,
): RopeValues {
  const quarter = config.width / config.heads / 4;
  const factors = ropePeriods(config, precision).map((period) => (2 * Math.PI) / period);
  const frequencies = graph.float32("rope frequencies", [quarter], factors);
  const patchesAlong = (axis: number) => {
    const size = graph.node("Shape", [image], { start: axis, end: axis + 1 });
    return graph.node("Div", [size, graph.ints(config.patch)]);
  };
  const [rows, cols] = [patchesAlong(2), patchesAlong(3)];
  const grid = graph.node("Concat", [rows, cols, graph.ints(quarter)], { axis: 0 });
  const toFloat = (x: string) => graph.node("Cast", [x], { to: elementType.float32 });
  /** Of one axis: (2 (i + 1/2) / count - 1) frequency, [rows, cols, quarter]. */
  const angles = (count: string, shape: readonly number[]) => {
    const scalar = graph.node("Squeeze", [count]);
    const places = graph.node("Range", [graph.int(0), scalar, graph.int(1)]);
    const centres = graph.node("Add", [toFloat(places), graph.scalar(0.5)]);
    const parts = graph.node("Div", [centres, toFloat(count)]);
    const doubled = graph.node("Mul", [parts, graph.scalar(2)]);
    const signed = graph.node("Sub", [doubled, graph.scalar(1)]);
    const lifted = graph.node("Reshape", [signed, graph.ints(...shape)]);
    return graph.node("Expand", [graph.node("Mul", [lifted, frequencies]), grid]);
  };
  const both = [angles(rows, [-1, 1, 1]), angles(cols, [1, -1, 1])];
  const joined = graph.node("Concat", both, { axis: 2 });
  const flat = graph.node("Reshape", [joined, graph.ints(-1, 2 * quarter)]);
  /** CLS and registers are not rotated: their rows are 1 and 0. */
  const table = (operator: "Cos" | "Sin", still: number) => {
    const dims = [prefixTokens(config), 2 * quarter];
    const values = new Float32Array(dims[0]! * dims[1]!).fill(still);
    const prefix = graph.float32(`rope ${operator} of prefix`, dims, values);
    return graph.node("Concat", [prefix, graph.node(operator, [flat])], { axis: 0 });
  };
  return { cos: table("Cos", 1), sin: table("Sin", 0) };
}
