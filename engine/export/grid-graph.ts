/** The grid of a picture's patches as values of a graph, known when the model runs. */
import { elementType } from "../compiler/onnx-proto.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** Names of int64 [1]. */
export interface GridValues {
  readonly rows: string;
  readonly cols: string;
}

/** @param image name of the pictures, [batch, 3, height, width] */
export function gridGraph(graph: OnnxGraph, image: string, patch: number): GridValues {
  const patchesAlong = (axis: number) => {
    const size = graph.node("Shape", [image], { start: axis, end: axis + 1 });
    return graph.node("Div", [size, graph.ints(patch)]);
  };
  return { rows: patchesAlong(2), cols: patchesAlong(3) };
}

/** 0, 1, .. count - 1 as float32 [count]. */
export function placesGraph(graph: OnnxGraph, count: string): string {
  const scalar = graph.node("Squeeze", [count]);
  return floatGraph(graph, graph.node("Range", [graph.int(0), scalar, graph.int(1)]));
}

export function floatGraph(graph: OnnxGraph, x: string): string {
  return graph.node("Cast", [x], { to: elementType.float32 });
}
