/** Attention as a graph, queries and keys rotated: in standard operators, or in ONNX Runtime's own. */
import type { VitConfig } from "../model/config.ts";
import type { BlockNumbers } from "./block-numbers.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import type { PairRope } from "./rope-graph.ts";

/** Of a block, [batch, tokens, d] each. */
export interface AttentionInputs {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
}

export interface AttentionOptions {
  readonly config: VitConfig;
  /** Absent where nothing is rotated. */
  readonly rope: PairRope | undefined;
  readonly numbers: BlockNumbers;
  readonly isFused: boolean;
}

/** softmax(q k^T / sqrt(d / heads)) v over rotated q and k. @returns [batch, tokens, d] */
export function attentionGraph(
  graph: OnnxGraph,
  inputs: AttentionInputs,
  options: AttentionOptions,
): string {
  const { rope, isFused } = options;
  // The runtime's rotation knows one angle for both channels of a pair.
  const isEven = rope === undefined || rope.first === rope.second;
  return isFused && isEven
    ? fusedAttention(graph, inputs, options)
    : plainAttention(graph, inputs, options);
}

function plainAttention(
  graph: OnnxGraph,
  { queries, keys, values }: AttentionInputs,
  { config, rope, numbers }: AttentionOptions,
): string {
  const { width: d, heads } = config;
  const split = (x: string) => {
    const parts = graph.node("Reshape", [x, graph.ints(0, 0, heads, d / heads)]);
    return graph.node("Transpose", [parts], { perm: [0, 2, 1, 3] });
  };
  const turn = (x: string) => (rope ? rotated(graph, x, d / heads / 2, rope) : x);
  const scale = numbers.half(graph.scalar(Math.sqrt(heads / d)));
  const scaled = graph.node("Mul", [turn(split(queries)), scale]);
  const across = graph.node("Transpose", [turn(split(keys))], { perm: [0, 1, 3, 2] });
  const scores = numbers.whole(graph.node("MatMul", [scaled, across]));
  const parts = numbers.half(graph.node("Softmax", [scores], { axis: -1 }));
  const mixed = graph.node("MatMul", [parts, split(values)]);
  const joined = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return graph.node("Reshape", [joined, graph.ints(0, 0, d)]);
}

/** (a cos - b sin, b cos + a sin) of the halves a and b of the last axis, [batch, heads, tokens, ..]. */
function rotated(graph: OnnxGraph, x: string, half: number, { first, second }: PairRope): string {
  const times = (a: string, b: string) => graph.node("Mul", [a, b]);
  const [a, b] = graph.results("Split", [x, graph.ints(half, half)], 2, { axis: 3 });
  const front = graph.node("Sub", [times(a!, first.cos), times(b!, first.sin)]);
  const back = graph.node("Add", [times(b!, second.cos), times(a!, second.sin)]);
  return graph.node("Concat", [front, back], { axis: 3 });
}

function fusedAttention(
  graph: OnnxGraph,
  { queries, keys, values }: AttentionInputs,
  { config, rope }: AttentionOptions,
): string {
  const { width: d, heads } = config;
  const turn = (x: string) =>
    rope
      ? graph.node(
          "com.microsoft.RotaryEmbedding",
          [x, graph.ints(0), rope.first.cos, rope.first.sin],
          { num_heads: heads, interleaved: 0 },
        )
      : x;
  return graph.node("com.microsoft.MultiHeadAttention", [turn(queries), turn(keys), values], {
    num_heads: heads,
    scale: { float: Math.sqrt(heads / d) },
  });
}
