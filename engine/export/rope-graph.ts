/** The rotary tables of model/rope.ts as a graph that computes them from the size of its pictures. */
import { prefixTokens, traitsOf, type VitConfig } from "../model/config.ts";
import { axisChannels, countedTheta, ropePeriods, type RopePrecision } from "../model/rope.ts";
import { tableColumns } from "../model/rotation.ts";
import { floatGraph, placesGraph, type GridValues } from "./grid-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** Names of float32 [tokens, d / heads / 2]. */
export interface RopeValues {
  readonly cos: string;
  readonly sin: string;
}

/** By what the first and the second channel of a pair turn; the same but for V-JEPA 2. */
export interface PairRope {
  readonly first: RopeValues;
  readonly second: RopeValues;
}

/** How far a pair of channels turns for one row and for one column, [d / heads / 2] each. */
interface Frequencies {
  readonly rows: readonly number[];
  readonly cols: readonly number[];
}

/** @returns undefined for a model that does not rotate */
export function ropeGraph(
  graph: OnnxGraph,
  config: VitConfig,
  grid: GridValues,
  precision: RopePrecision,
): PairRope | undefined {
  switch (traitsOf(config).rotation) {
    case "none":
      return undefined;
    case "dinov3": {
      const own = ropePeriods(config, precision).map((period) => (2 * Math.PI) / period);
      const still = own.map(() => 0);
      const places = (count: string) => centresGraph(graph, count);
      const both = { rows: [...own, ...still], cols: [...still, ...own] };
      return same(tables(graph, config, grid, places, both, ""));
    }
    case "pe": {
      const own = countedFrequencies(config.width / config.heads / 4);
      const still = own.map(() => 0);
      const first = graph.scalar(prefixTokens(config) > 0 ? 1 : 0);
      const places = (count: string) => graph.node("Add", [placesGraph(graph, count), first]);
      const both = { rows: [...still, ...own], cols: [...own, ...still] };
      return same(tables(graph, config, grid, places, both, ""));
    }
    case "v-jepa": {
      const places = (count: string) => placesGraph(graph, count);
      const [first, second] = ([0, 1] as const).map((parity) =>
        tables(graph, config, grid, places, unevenFrequencies(config, parity), ` ${parity}`),
      );
      return { first: first!, second: second! };
    }
  }
}

function same(values: RopeValues): PairRope {
  return { first: values, second: values };
}

/** 2 (i + 1/2) / count - 1 */
function centresGraph(graph: OnnxGraph, count: string): string {
  const centres = graph.node("Add", [placesGraph(graph, count), graph.scalar(0.5)]);
  const parts = graph.node("Div", [centres, floatGraph(graph, count)]);
  return graph.node("Sub", [graph.node("Mul", [parts, graph.scalar(2)]), graph.scalar(1)]);
}

function countedFrequencies(count: number): number[] {
  return Array.from({ length: count }, (_, i) => countedTheta ** (-i / count));
}

/** Frames, rows and columns take a third of the pairs each; of a still clip the first frame is 0. */
function unevenFrequencies(config: VitConfig, parity: 0 | 1): Frequencies {
  const own = axisChannels(config) / 2;
  const frequencies = countedFrequencies(own);
  const ofAxis = (axis: number) =>
    tableColumns(config, parity).map((column) =>
      Math.floor(column / own) === axis ? frequencies[column % own]! : 0,
    );
  return { rows: ofAxis(1), cols: ofAxis(2) };
}

/** @param name tells tables of one graph apart */
function tables(
  graph: OnnxGraph,
  config: VitConfig,
  grid: GridValues,
  placesOf: (count: string) => string,
  frequencies: Frequencies,
  name: string,
): RopeValues {
  const half = config.width / config.heads / 2;
  const angles = (count: string, axis: keyof Frequencies, shape: readonly number[]) => {
    const own = graph.float32(`rope ${axis}${name}`, [half], frequencies[axis]);
    const lifted = graph.node("Reshape", [placesOf(count), graph.ints(...shape)]);
    return graph.node("Mul", [lifted, own]);
  };
  const both = graph.node("Add", [
    angles(grid.rows, "rows", [-1, 1, 1]),
    angles(grid.cols, "cols", [1, -1, 1]),
  ]);
  const flat = graph.node("Reshape", [both, graph.ints(-1, half)]);
  /** CLS and registers are not rotated: their rows are 1 and 0. */
  const table = (operator: "Cos" | "Sin", still: number) => {
    const values = graph.node(operator, [flat]);
    const dims = [prefixTokens(config), half];
    if (dims[0] === 0) return values;
    const rows = new Float32Array(dims[0]! * half).fill(still);
    const prefix = graph.float32(`rope ${operator} of prefix`, dims, rows);
    return graph.node("Concat", [prefix, values], { axis: 0 });
  };
  return { cos: table("Cos", 1), sin: table("Sin", 0) };
}
