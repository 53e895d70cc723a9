/** The five kinds of map, from a typed array to what crosses the wire. */
import type { Geometry } from "../protocol/geometry.ts";
import type { ProbeMap } from "../protocol/probes.ts";
import { toWireTensor } from "../protocol/tensor.ts";

type Grid = Geometry["grid"];
type Range = [number, number];

/** @param values float32 [P]; NaN is "no value" */
export function scalarMap(
  name: string,
  { rows, cols }: Grid,
  values: Float32Array,
  range: Range,
  unit: string,
): ProbeMap {
  return { name, kind: "scalar", values: toWireTensor(values, [rows, cols]), range, unit };
}

/** @param values float32 [P * 3] in 0..1; NaN is "left out" */
export function rgbMap(name: string, { rows, cols }: Grid, values: Float32Array): ProbeMap {
  return {
    name,
    kind: "rgb",
    values: toWireTensor(values, [rows, cols, 3]),
    range: [0, 1],
    unit: "",
  };
}

/** @param labels int32 [P] in 0..count - 1, or -1 */
export function labelMap(
  name: string,
  { rows, cols }: Grid,
  labels: Int32Array,
  count: number,
): ProbeMap {
  const range: Range = [0, count - 1];
  return {
    name,
    kind: "labels",
    values: toWireTensor(labels, [rows, cols]),
    range,
    unit: "cluster",
  };
}

/** @param mask uint8 [P], 0 or 1 */
export function maskMap(name: string, { rows, cols }: Grid, mask: Uint8Array): ProbeMap {
  return { name, kind: "mask", values: toWireTensor(mask, [rows, cols]), range: [0, 1], unit: "" };
}

/** @param values float32 [n * n] */
export function matrixMap(
  name: string,
  n: number,
  values: Float32Array,
  range: Range,
  unit: string,
): ProbeMap {
  return { name, kind: "matrix", values: toWireTensor(values, [n, n]), range, unit };
}
