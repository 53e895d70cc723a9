/**
 * The matrix products of the probes as programs for the executor, run over tiles of rows so that
 * nothing larger than a tile by the other side is ever held.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { HostTensor, Program, TensorSpec } from "../executors/executor.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { ProbeContext } from "./probe.ts";
import { normEpsilon, tile, type Rows } from "./rows.ts";

/** Most rows that go to the executor at once. */
export const maxTileRows = 1024;

/** Rows of a tile: a power of two, so that a few prepared programs serve every grid. */
export function tileRowsFor(count: number): number {
  return Math.min(maxTileRows, 2 ** Math.ceil(Math.log2(Math.max(16, count))));
}

/** Inner products: out [t, q] = rows [t, d] x others [q, d]^T. */
export function innerProgram(t: number, d: number, q: number): Program {
  return {
    name: `probes.inner ${t}x${d}x${q}`,
    inputs: { rows: float([t, d]), others: float([q, d]) },
    params: {},
    build: ({ rows, others }) => ({ out: timesTransposed(rows, others) }),
  };
}

/** As {@link innerProgram} with the rows, not the others, brought to length 1: cosines. */
export function cosineProgram(t: number, d: number, q: number): Program {
  return {
    name: `probes.cosine ${t}x${d}x${q}`,
    inputs: { rows: float([t, d]), others: float([q, d]) },
    params: {},
    build: ({ rows, others }) => {
      const norms = tf.sqrt(tf.sum(tf.square(rows!), 1, true)); // [t, 1]
      const unit = tf.div(rows!, tf.maximum(norms, tf.scalar(normEpsilon)));
      return { out: timesTransposed(unit, others) };
    },
  };
}

/** Scatter matrix: out [d, d] = rows [t, d]^T x rows. */
export function scatterProgram(t: number, d: number): Program {
  return {
    name: `probes.scatter ${t}x${d}`,
    inputs: { rows: float([t, d]) },
    params: {},
    build: ({ rows }) => ({
      out: tf.matMul(rows as Tensor2D, rows as Tensor2D, true, false),
    }),
  };
}

/**
 * Nearest centres. |x - c|^2 = |x|^2 - 2 (x.c - |c|^2 / 2), so the nearest has the largest score.
 * Inputs rows [t, d], centres [k, d], halfSquares [k]; outputs label int32 [t], score float32 [t].
 */
export function nearestProgram(t: number, d: number, k: number): Program {
  return {
    name: `probes.nearest ${t}x${d}x${k}`,
    inputs: { rows: float([t, d]), centres: float([k, d]), halfSquares: float([k]) },
    params: {},
    build: ({ rows, centres, halfSquares }) => {
      const scores = tf.sub(timesTransposed(rows, centres), halfSquares!); // [t, k]
      return { label: tf.argMax(scores, 1), score: tf.max(scores, 1) };
    },
  };
}

/** @returns float32 [rows.count, others.count], inner products or, with `cosine`, of unit rows */
export async function innerProducts(
  rows: Rows,
  others: Rows,
  context: ProbeContext,
  { cosine = false }: { cosine?: boolean } = {},
): Promise<Float32Array> {
  const { width } = rows;
  const t = tileRowsFor(rows.count);
  const program = (cosine ? cosineProgram : innerProgram)(t, width, others.count);
  const out = new Float32Array(rows.count * others.count);
  const feed = matrix(others.data, others.count, width);
  await eachTile(rows, t, context, program, async (start, run) => {
    const results = await run({ rows: matrix(tile(rows, start, t), t, width), others: feed });
    const values = results["out"]!.data.subarray(0, (rows.count - start) * others.count);
    out.set(values, start * others.count);
  });
  return out;
}

/** Sum over rows of (x - mean)(x - mean)^T, added up in double precision. @returns [d * d] */
export async function scatter(
  rows: Rows,
  mean: Float64Array | undefined,
  context: ProbeContext,
): Promise<Float64Array> {
  const { width } = rows;
  const t = tileRowsFor(rows.count);
  const total = new Float64Array(width * width);
  await eachTile(rows, t, context, scatterProgram(t, width), async (start, run) => {
    const results = await run({ rows: matrix(tile(rows, start, t, mean), t, width) });
    const values = results["out"]!.data;
    for (let i = 0; i < total.length; i++) total[i]! += values[i]!;
  });
  return total;
}

type Run = (feeds: Record<string, HostTensor>) => Promise<Record<string, HostTensor>>;

/** Prepare once, then visit the tiles in order; a cancelled probe ends between two of them. */
export async function eachTile(
  rows: Rows,
  t: number,
  context: ProbeContext,
  program: Program,
  visit: (start: number, run: Run, outputs: readonly string[]) => Promise<void>,
  outputs: readonly string[] = ["out"],
): Promise<void> {
  const prepared = await context.prepare(program);
  const run: Run = (feeds) => prepared.run(feeds, outputs);
  for (let start = 0; start < rows.count; start += t) {
    throwIfAborted(context.signal, program.name);
    await visit(start, run, outputs);
  }
}

export function matrix(data: Float32Array, rows: number, cols: number): HostTensor {
  return { dtype: "float32", shape: [rows, cols], data };
}

function float(shape: number[]): TensorSpec {
  return { dtype: "float32", shape };
}

function timesTransposed(a: Tensor | undefined, b: Tensor | undefined): Tensor2D {
  return tf.matMul(a as Tensor2D, b as Tensor2D, false, true);
}
