/** How an exported model multiplies by a weight: in floats, or in whole numbers of 8 or 4 bits. */
import { toFloat16 } from "../executors/float-formats.ts";
import { bytesOf, type OnnxGraph } from "./onnx-graph.ts";

/** A linear map's weight, as a product x W wants it. */
export interface Matrix {
  readonly name: string;
  readonly inner: number;
  readonly outer: number;
  /** float32 [inner, outer] */
  read(): Promise<Float32Array>;
}

/** Adds x W to the graph, over the last axis of x. @returns the name of the product */
export type MatrixProduct = (graph: OnnxGraph, x: string, weight: Matrix) => string;

export const floatProduct: MatrixProduct = (graph, x, { name, inner, outer, read }) =>
  graph.node("MatMul", [
    x,
    graph.weight({
      name,
      type: "float32",
      dims: [inner, outer],
      read: async () => bytesOf(await read()),
    }),
  ]);

/** x is float16, and so is the product. */
export const halfProduct: MatrixProduct = (graph, x, { name, inner, outer, read }) =>
  graph.node("MatMul", [
    x,
    graph.weight({
      name,
      type: "float16",
      dims: [inner, outer],
      read: async () => bytesOf(toFloat16(await read())),
    }),
  ]);

/**
 * Weights in int8 with a scale a column, tokens in uint8 with a scale that is found as the model
 * runs: x W = (x8 - zero) W8 * scaleX * scaleW. Standard operators; the runtime makes one of them.
 */
export const dynamicProduct: MatrixProduct = (graph, x, matrix) => {
  const [tokens, scale, zero] = graph.results("DynamicQuantizeLinear", [x], 3);
  const [weight, scales] = columnWeights(graph, matrix);
  const whole = graph.node("MatMulInteger", [tokens!, weight, zero!]);
  const float = graph.node("Cast", [whole], { to: 1 });
  return graph.node("Mul", [float, graph.node("Mul", [scale!, scales])]);
};

/** What goes into a product, from its least to its largest value; 0 lies between. */
export interface InputRange {
  readonly low: number;
  readonly high: number;
}

/** The step of 256 levels over a range, and the level of 0. */
export function levelsOf({ low, high }: InputRange): { scale: number; zero: number } {
  const scale = high > low ? Math.fround((high - low) / 255) : 1;
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

/**
 * Weights in int8 with a scale a column, tokens in uint8 with one scale that was found beforehand.
 * QuantizeLinear and DequantizeLinear around a product of floats: runtimes make it one of whole numbers.
 *
 * @param ranges by the names of the weights
 * @returns a product for one graph
 */
export function staticProduct(ranges: Readonly<Record<string, InputRange>>): MatrixProduct {
  const rounded = new Map<string, string>();
  return (graph, x, { name, inner, outer, read }) => {
    const range = ranges[name];
    if (!range) throw new Error(`internal: nothing was measured of ${name}`);
    const { scale, zero } = levelsOf(range);
    // Queries, keys and values are made of the same tokens, which are rounded once.
    if (!rounded.has(x)) {
      const by = [
        graph.float32(`${name} input scale`, [], [scale]),
        graph.weight({
          name: `${name} input zero`,
          type: "uint8",
          dims: [],
          read: () => Uint8Array.of(zero),
        }),
      ];
      const levels = graph.node("QuantizeLinear", [x, ...by]);
      rounded.set(x, graph.node("DequantizeLinear", [levels, ...by]));
    }
    const columns = graph.weight({
      name: `${name} zeros`,
      type: "int8",
      dims: [outer],
      read: () => new Uint8Array(outer),
    });
    const weight = columnWeights(graph, { name, inner, outer, read });
    const floats = graph.node("DequantizeLinear", [...weight, columns], { axis: 1 });
    return graph.node("MatMul", [rounded.get(x)!, floats]);
  };
}

/** Stands where only {@link staticProduct} will do. */
export const unmeasuredProduct: MatrixProduct = (_, __, { name }) => {
  throw new Error(`internal: nothing was measured of ${name}`);
};

/** int8 [inner, outer] and the scales of its columns, float32 [outer]. */
function columnWeights(
  graph: OnnxGraph,
  { name, inner, outer, read }: Matrix,
): [weight: string, scales: string] {
  const quantised = once(async () => quantiseColumns(await read(), inner, outer));
  const weight = graph.weight({
    name: `${name} int8`,
    type: "int8",
    dims: [inner, outer],
    read: async () => bytesOf((await quantised()).values),
  });
  const scales = graph.weight({
    name: `${name} scales`,
    type: "float32",
    dims: [outer],
    read: async () => bytesOf((await quantised()).scales),
  });
  return [weight, scales];
}

/**
 * Weights in 4 bits, in blocks of 32 along the inner axis with a scale each; tokens stay float32. An
 * operator of ONNX Runtime's own.
 */
export const fourBitProduct: MatrixProduct = (graph, x, { name, inner, outer, read }) => {
  const blocks = Math.ceil(inner / blockSize);
  const quantised = once(async () => quantiseBlocks(await read(), inner, outer));
  const weight = graph.weight({
    name: `${name} int4`,
    type: "uint8",
    dims: [outer, blocks, blockSize / 2],
    read: async () => bytesOf((await quantised()).values),
  });
  const scales = graph.weight({
    name: `${name} scales`,
    type: "float32",
    dims: [outer * blocks],
    read: async () => bytesOf((await quantised()).scales),
  });
  return graph.node("com.microsoft.MatMulNBits", [x, weight, scales], {
    K: inner,
    N: outer,
    bits: 4,
    block_size: blockSize,
  });
};

const blockSize = 32;

/** Symmetric, so that the largest of a column becomes 127 or -127; a column of zeros has a scale of 1. */
function quantiseColumns(values: Float32Array, inner: number, outer: number) {
  const scales = new Float32Array(outer);
  for (let i = 0; i < values.length; i++) {
    const column = i % outer;
    scales[column] = Math.max(scales[column]!, Math.abs(values[i]!));
  }
  for (let c = 0; c < outer; c++) scales[c] = scales[c]! > 0 ? scales[c]! / 127 : 1;
  const rounded = new Int8Array(inner * outer);
  for (let i = 0; i < values.length; i++) {
    rounded[i] = Math.round(values[i]! / scales[i % outer]!);
  }
  return { values: rounded, scales };
}

/**
 * Numbers from 0 to 15 that stand for -8 to 7; of a pair the first lies in the low half of its byte.
 * The end of a block that the matrix does not fill is 8, which stands for 0.
 */
function quantiseBlocks(values: Float32Array, inner: number, outer: number) {
  const blocks = Math.ceil(inner / blockSize);
  const scales = new Float32Array(outer * blocks);
  const packed = new Uint8Array((outer * blocks * blockSize) / 2).fill(0x88);
  for (let column = 0; column < outer; column++) {
    for (let block = 0; block < blocks; block++) {
      const start = block * blockSize;
      const end = Math.min(inner, start + blockSize);
      // The value of largest size, with its sign, becomes -8: the range has one more below than above.
      let extreme = 0;
      for (let k = start; k < end; k++) {
        const value = values[k * outer + column]!;
        if (Math.abs(value) > Math.abs(extreme)) extreme = value;
      }
      const scale = extreme === 0 ? 1 : extreme / -8;
      const place = column * blocks + block;
      scales[place] = scale;
      for (let k = start; k < end; k++) {
        const level = Math.min(15, Math.round(values[k * outer + column]! / scale) + 8);
        const at = (place * blockSize + (k - start)) >> 1;
        const isHigh = (k - start) & 1;
        packed[at] = isHigh ? (packed[at]! & 0x0f) | (level << 4) : (packed[at]! & 0xf0) | level;
      }
    }
  }
  return { values: packed, scales };
}

/** Both halves of a quantised weight are written one after the other: the work is done once, then forgotten. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    const found = result ?? work();
    result = result === undefined ? found : undefined;
    return found;
  };
}
