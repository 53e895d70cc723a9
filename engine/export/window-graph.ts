/**
 * Attention with a learned bias by distance, within windows or over the whole picture, as a graph: what
 * model/windows.ts computes. The bias of a pair of places is one of its rows and one of its columns, so
 * it is folded into the products: queries get what each row and column adds, keys say where they are.
 */
import type { VitConfig } from "../model/config.ts";
import type { AttentionInputs } from "./attention-graph.ts";
import type { BlockNumbers } from "./block-numbers.ts";
import { floatGraph, type GridValues } from "./grid-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** The grid of a picture filled up to whole windows, and how many of them that is. */
export interface WindowValues {
  /** In patches. */
  readonly side: number;
  readonly grid: GridValues;
  /** Of windows, each int64 [1]. */
  readonly down: string;
  readonly across: string;
}

/** @param side of a window in patches */
export function windowValues(graph: OnnxGraph, grid: GridValues, side: number): WindowValues {
  const count = (size: string) =>
    graph.node("Div", [graph.node("Add", [size, graph.ints(side - 1)]), graph.ints(side)]);
  return { side, grid, down: count(grid.rows), across: count(grid.cols) };
}

/**
 * What lies past the edge is zeros, which take part in attention as upstream's do.
 * @param x float32 [batch, rows * cols, d]
 * @returns float32 [batch, places of whole windows, d], row-major
 */
export function filledUp(graph: OnnxGraph, x: string, d: number, windows: WindowValues): string {
  const { side, grid, down, across } = windows;
  const past = (count: string, size: string) =>
    graph.node("Sub", [graph.node("Mul", [count, graph.ints(side)]), size]);
  const map = graph.node("Reshape", [x, joined(graph, 0, grid.rows, grid.cols, d)]);
  const ends = [past(down, grid.rows), past(across, grid.cols)];
  const filled = graph.node("Pad", [map, joined(graph, 0, 0, 0, 0, 0, ...ends, 0)]);
  return graph.node("Reshape", [filled, graph.ints(0, -1, d)]);
}

/** [batch, places of whole windows, d] to [batch * windows, side * side, d] */
function cut(graph: OnnxGraph, x: string, d: number, { side, across }: WindowValues): string {
  const rows = graph.node("Reshape", [x, joined(graph, -1, side, across, side, d)]);
  const turned = graph.node("Transpose", [rows], { perm: [0, 2, 1, 3, 4] });
  return graph.node("Reshape", [turned, graph.ints(-1, side * side, d)]);
}

/** The way back, what lay past the edge left out. @returns [batch, rows * cols, d] */
function together(graph: OnnxGraph, x: string, d: number, windows: WindowValues): string {
  const { side, grid, down, across } = windows;
  const tiles = graph.node("Reshape", [x, joined(graph, -1, across, side, side, d)]);
  const turned = graph.node("Transpose", [tiles], { perm: [0, 2, 1, 3, 4] });
  const along = (count: string) => graph.node("Mul", [count, graph.ints(side)]);
  const map = graph.node("Reshape", [turned, joined(graph, -1, along(down), along(across), d)]);
  const ends = graph.node("Concat", [grid.rows, grid.cols], { axis: 0 });
  const own = graph.node("Slice", [map, graph.ints(0, 0), ends, graph.ints(1, 2)]);
  return graph.node("Reshape", [own, graph.ints(0, -1, d)]);
}

export interface WindowAttentionOptions {
  readonly config: VitConfig;
  readonly numbers: BlockNumbers;
  readonly isFused: boolean;
  /** Of the whole picture. */
  readonly grid: GridValues;
  /** Absent for a block that sees the whole picture. */
  readonly windows: WindowValues | undefined;
  /** float32 [2 s - 1, d / heads], for distances from -(s - 1) to s - 1 patches. */
  readonly tables: {
    readonly rows: string;
    readonly cols: string;
    readonly s: Readonly<Record<"rows" | "cols", number>>;
  };
}

/**
 * softmax(q k^T / sqrt(d) + q R_rows + q R_cols) v, q without its scale in the latter two.
 * @param inputs [batch, places, d], filled up where there are windows
 * @returns [batch, rows * cols, d]
 */
export function windowAttentionGraph(
  graph: OnnxGraph,
  inputs: AttentionInputs,
  { config, numbers, isFused, grid, windows, tables }: WindowAttentionOptions,
): string {
  const { width: d, heads } = config;
  const own = d / heads;
  const size = windows ? { rows: graph.ints(windows.side), cols: graph.ints(windows.side) } : grid;
  const tiled = (x: string) => (windows ? cut(graph, x, d, windows) : x);
  const split = (x: string) => {
    const parts = graph.node("Reshape", [tiled(x), graph.ints(0, 0, heads, own)]);
    return graph.node("Transpose", [parts], { perm: [0, 2, 1, 3] });
  };
  const reached = (along: "rows" | "cols") => {
    const table = distances(graph, tables[along], tables.s[along], size[along]);
    return numbers.half(graph.node("Transpose", [table], { perm: [0, 2, 1] }));
  };
  const places = graph.node("Reshape", [
    split(inputs.queries),
    joined(graph, 0, heads, size.rows, size.cols, own),
  ]);
  const swap = (x: string) => graph.node("Transpose", [x], { perm: [0, 1, 3, 2, 4] });
  const ofRows = graph.node("MatMul", [places, reached("rows")]);
  const ofCols = swap(graph.node("MatMul", [swap(places), reached("cols")]));
  const scaled = graph.node("Mul", [places, numbers.half(graph.scalar(Math.sqrt(1 / own)))]);
  const count = graph.node("Mul", [size.rows, size.cols]);
  const queries = graph.node("Reshape", [
    graph.node("Concat", [scaled, ofRows, ofCols], { axis: 4 }),
    joined(graph, 0, heads, count, -1),
  ]);
  const keys = split(inputs.keys);
  const shape = graph.node("Shape", [keys], { start: 0, end: 3 });
  const where = numbers.half(whereabouts(graph, size));
  const reach = graph.node("Add", [size.rows, size.cols]);
  const all = graph.node("Concat", [shape, reach], { axis: 0 });
  const placed = graph.node("Concat", [keys, graph.node("Expand", [where, all])], { axis: 3 });
  const mixed = isFused
    ? fused(graph, { queries, keys: placed, values: tiled(inputs.values) }, heads)
    : plain(graph, { queries, keys: placed, values: split(inputs.values) }, numbers, d);
  return windows ? together(graph, mixed, d, windows) : mixed;
}

/** @param inputs [m, heads, n, ..]; @returns [m, n, d] */
function plain(
  graph: OnnxGraph,
  { queries, keys, values }: AttentionInputs,
  numbers: BlockNumbers,
  d: number,
): string {
  const across = graph.node("Transpose", [keys], { perm: [0, 1, 3, 2] });
  const scores = numbers.whole(graph.node("MatMul", [queries, across]));
  const parts = numbers.half(graph.node("Softmax", [scores], { axis: -1 }));
  const mixed = graph.node("MatMul", [parts, values]);
  const last = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return graph.node("Reshape", [last, graph.ints(0, 0, d)]);
}

/** @param inputs queries and keys [m, heads, n, ..], values [m, n, d]; @returns [m, n, d] */
function fused(
  graph: OnnxGraph,
  { queries, keys, values }: AttentionInputs,
  heads: number,
): string {
  const flat = (x: string) =>
    graph.node("Reshape", [
      graph.node("Transpose", [x], { perm: [0, 2, 1, 3] }),
      graph.ints(0, 0, -1),
    ]);
  return graph.node("com.microsoft.MultiHeadAttention", [flat(queries), flat(keys), values], {
    num_heads: heads,
    scale: { float: 1 },
  });
}

/**
 * The row of a table for every pair of places along an axis.
 * @param table float32 [2 s - 1, d], resized linearly where the axis is of another length than s
 * @param size int64 [1]
 * @returns float32 [size, size, d], query before key
 */
function distances(graph: OnnxGraph, table: string, s: number, size: string): string {
  const one = (name: string, ...inputs: string[]) => graph.node(name, inputs);
  const from = 2 * s - 1;
  const to = one("Sub", one("Mul", size, graph.ints(2)), graph.ints(1));
  const range = (count: string) => graph.node("Range", [graph.int(0), count, graph.int(1)]);
  const places = one("Reshape", range(one("Squeeze", to)), graph.ints(-1, 1));
  // (i + 0.5) from / to - 0.5 in whole numbers: as a float it would lose what lies between two rows.
  const twice = one("Add", one("Mul", places, graph.ints(2)), graph.ints(1));
  const above = one("Sub", one("Mul", twice, graph.ints(from)), to);
  const below = one("Mul", to, graph.ints(2));
  // The values at the ends repeat beyond them.
  const last = one("Mul", below, graph.ints(from - 1));
  const within = one("Max", one("Min", above, last), graph.ints(0));
  const row = one("Div", within, below);
  const rest = one("Sub", within, one("Mul", row, below));
  const part = one("Div", floatGraph(graph, rest), floatGraph(graph, below));
  const known = one("Reshape", range(graph.int(from)), graph.ints(1, -1));
  const away = one("Sub", floatGraph(graph, one("Sub", known, row)), part);
  const weights = one("Relu", one("Sub", graph.scalar(1), one("Abs", away)));
  const own = one("MatMul", weights, table);
  const along = range(one("Squeeze", size));
  const apart = one(
    "Sub",
    one("Reshape", along, graph.ints(-1, 1)),
    one("Reshape", along, graph.ints(1, -1)),
  );
  const rows = one("Add", apart, one("Sub", size, graph.ints(1)));
  return graph.node("Gather", [own, rows], { axis: 0 });
}

/** 1 where a place is in a row, and where it is in a column: float32 [rows * cols, rows + cols]. */
function whereabouts(graph: OnnxGraph, { rows, cols }: GridValues): string {
  const one = (name: string, ...inputs: string[]) => graph.node(name, inputs);
  const range = (count: string) =>
    graph.node("Range", [graph.int(0), one("Squeeze", count), graph.int(1)]);
  const places = one("Reshape", range(one("Mul", rows, cols)), graph.ints(-1, 1));
  const row = one("Div", places, cols);
  const col = one("Sub", places, one("Mul", row, cols));
  const hot = (place: string, count: string) =>
    floatGraph(graph, one("Equal", place, one("Reshape", range(count), graph.ints(1, -1))));
  return graph.node("Concat", [hot(row, rows), hot(col, cols)], { axis: 1 });
}

/** Numbers and sizes that are known when the model runs, as one int64 [n]. */
function joined(graph: OnnxGraph, ...sizes: readonly (number | string)[]): string {
  const parts = sizes.map((size) => (typeof size === "number" ? graph.ints(size) : size));
  return graph.node("Concat", parts, { axis: 0 });
}
