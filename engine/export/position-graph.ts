/**
 * A table of positions brought to the grid of the pictures within a graph: what model/positions.ts
 * computes beforehand. The weights of the neighbours are computed from their distances, because Resize
 * knows neither the offset of DINO's code nor, before opset 18, antialiasing.
 */
import type { PositionResize, PositionTable } from "../model/traits.ts";
import { floatGraph, placesGraph, type GridValues } from "./grid-graph.ts";
import { bytesOf, type OnnxGraph } from "./onnx-graph.ts";

/**
 * @param d width of a position
 * @param read the table as the model has it, [(1 +) rows * cols, d]
 * @returns name of float32 [1, rows * cols, d] of the picture's grid
 */
export function positionGraph(
  graph: OnnxGraph,
  table: PositionTable,
  d: number,
  grid: GridValues,
  read: () => Promise<Float32Array>,
): string {
  const margin = marginOf(table.resize);
  const [rows, cols] = [table.rows + 2 * margin, table.cols + 2 * margin];
  const values = graph.weight({
    name: "position table",
    type: "float32",
    dims: [rows, cols * d],
    read: async () => bytesOf(repeatedEdges(await read(), table, d, margin)),
  });
  const steps = stepsOf(graph, table, grid);
  const down = axisWeights(graph, steps.down, grid.rows, table.rows, table.resize);
  const across = axisWeights(graph, steps.across, grid.cols, table.cols, table.resize);
  const byRow = graph.node("MatMul", [down, values]);
  const lines = graph.node("Reshape", [byRow, graph.ints(-1, cols, d)]);
  const both = graph.node("MatMul", [across, lines]);
  return graph.node("Reshape", [both, graph.ints(1, -1, d)]);
}

/** Rows and columns beyond the edge that the kernel may reach: the last value repeats there. */
function marginOf({ method, antialias, isCutFromSquare }: PositionResize): number {
  if (antialias) return 0; // What lies beyond is left out.
  return method === "bicubic" && !isCutFromSquare ? 2 : 1;
}

/** @returns [rows + 2 margin, cols + 2 margin, d], the position of the class token left out */
function repeatedEdges(
  values: Float32Array,
  { rows, cols, hasClass }: PositionTable,
  d: number,
  margin: number,
): Float32Array {
  const [high, wide] = [rows + 2 * margin, cols + 2 * margin];
  const out = new Float32Array(high * wide * d);
  const within = (place: number, size: number) => Math.min(size - 1, Math.max(0, place - margin));
  for (let row = 0; row < high; row++) {
    for (let col = 0; col < wide; col++) {
      const from = (hasClass ? 1 : 0) + within(row, rows) * cols + within(col, cols);
      out.set(values.subarray(from * d, (from + 1) * d), (row * wide + col) * d);
    }
  }
  return out;
}

/** What one step of the new grid is in the old one, float32 [1], and where the first one begins. */
interface Step {
  readonly step: string;
  readonly isFromCorner: boolean;
}

function stepsOf(
  graph: OnnxGraph,
  { rows, cols, resize }: PositionTable,
  grid: GridValues,
): { down: Step; across: Step } {
  if (resize.isCutFromSquare) {
    const side = graph.node("Max", [grid.rows, grid.cols]);
    const gaps = graph.node("Max", [graph.node("Sub", [side, graph.ints(1)]), graph.ints(1)]);
    const step = (from: number) => ({
      step: graph.node("Div", [graph.scalar(from - 1), floatGraph(graph, gaps)]),
      isFromCorner: true,
    });
    return { down: step(rows), across: step(cols) };
  }
  // A grid like the table's is taken as it is, whatever the offset.
  const isSame = graph.node("And", [
    graph.node("Equal", [grid.rows, graph.ints(rows)]),
    graph.node("Equal", [grid.cols, graph.ints(cols)]),
  ]);
  const step = (from: number, count: string) => {
    const to = graph.node("Add", [floatGraph(graph, count), graph.scalar(resize.offset)]);
    const ratio = graph.node("Div", [graph.scalar(from), to]);
    return { step: graph.node("Where", [isSame, graph.scalar(1), ratio]), isFromCorner: false };
  };
  return { down: step(rows, grid.rows), across: step(cols, grid.cols) };
}

/** float32 [count, from + 2 margin]: the weight of each value of the table for each new one. */
function axisWeights(
  graph: OnnxGraph,
  { step, isFromCorner }: Step,
  count: string,
  from: number,
  resize: PositionResize,
): string {
  const one = (name: string, ...inputs: string[]) => graph.node(name, inputs);
  const number = (value: number) => graph.scalar(value);
  const places = one("Reshape", placesGraph(graph, count), graph.ints(-1, 1));
  const centres = isFromCorner
    ? one("Mul", places, step)
    : one("Sub", one("Mul", one("Add", places, number(0.5)), step), number(0.5));
  const margin = marginOf(resize);
  const length = from + 2 * margin;
  const table = graph.float32(
    `positions ${-margin} to ${length - margin - 1}`,
    [1, length],
    Array.from({ length }, (_, i) => i - margin),
  );
  const distances = one("Abs", one("Sub", centres, table));
  if (!resize.antialias) return kernel(graph, resize.isCutFromSquare, resize, distances, -0.75);
  // The kernel is as wide as what one new value covers; PyTorch takes Keys' other constant here.
  const nearer = one("Div", distances, one("Max", step, number(1)));
  const weights = kernel(graph, false, resize, nearer, -0.5);
  return one("Div", weights, graph.node("ReduceSum", [weights, graph.ints(1)], { keepdims: 1 }));
}

/** The weight of a neighbour at a distance: losses/resize.ts. */
function kernel(
  graph: OnnxGraph,
  isLinear: boolean,
  { method }: PositionResize,
  distances: string,
  a: number,
): string {
  const one = (name: string, ...inputs: string[]) => graph.node(name, inputs);
  const number = (value: number) => graph.scalar(value);
  if (isLinear || method === "bilinear") return one("Relu", one("Sub", number(1), distances));
  // The two pieces of Keys' kernel are 0 where the other one begins and at its end, so they add up.
  const near = one("Min", distances, number(1));
  const far = one("Min", one("Max", distances, number(1)), number(2));
  const inner = one("Sub", one("Mul", near, number(a + 2)), number(a + 3));
  const first = one("Add", one("Mul", one("Mul", inner, near), near), number(1));
  const outer = one("Add", one("Mul", one("Sub", far, number(5)), far), number(8));
  const second = one("Mul", one("Sub", one("Mul", outer, far), number(4)), number(a));
  return one("Add", first, second);
}
