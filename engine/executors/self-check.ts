/** A small program whose result is known: every executor runs it before it is trusted. */
import * as tf from "@tensorflow/tfjs-core";
import { attention } from "../compiler/ops.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Executor, HostTensor, Program } from "./executor.ts";

/** y = x x^T / n for x = ones [n, n]: every value is 1. */
function product(n: number): Program {
  return {
    name: `self-check ${n}`,
    inputs: { x: { dtype: "float32", shape: [n, n] } },
    params: {},
    build: ({ x }) => ({ y: tf.mul(tf.matMul(x!, x!, false, true), 1 / n) }),
  };
}

/**
 * Milliseconds that one n x n x n product takes, once prepared.
 * @throws EngineError "executor.failed" when the result is wrong, or whatever the executor threw
 */
export async function timeProduct(executor: Executor, n: number): Promise<number> {
  const prepared = await executor.prepare(product(n));
  try {
    const data = new Float32Array(n * n).fill(1);
    const feeds: Record<string, HostTensor> = { x: { dtype: "float32", shape: [n, n], data } };
    const first = await prepared.run(feeds, ["y"]); // compiles shaders, warms caches
    const worst = (first["y"]!.data as Float32Array).reduce(
      (most, value) => Math.max(most, Math.abs(value - 1)),
      0,
    );
    // 1/n and the sum of n ones round in the last bits only.
    if (!(worst < 1e-5)) {
      throw new EngineError(
        "executor.failed",
        `${executor.name} computes wrong numbers: expected 1 everywhere, off by ${worst}`,
        { hint: "Update the graphics driver, or use --device cpu." },
      );
    }
    const start = performance.now();
    await prepared.run(feeds, ["y"]);
    return performance.now() - start;
  } finally {
    await prepared.dispose();
  }
}

/**
 * Whether two executors agree on attention over more tokens than one tile of a fused kernel.
 * ONNX Runtime 1.30's fused kernel for WebGPU is wrong beyond 32 tokens on adapters with subgroups
 * of 4 (seen on SwiftShader), and adapters cannot be told apart from here: so it is tried.
 */
export async function agreesOnAttention(executor: Executor, reference: Executor): Promise<boolean> {
  const [n, d] = [160, 64];
  const shape = [1, n, d] as const;
  const program: Program = {
    name: "self-check attention",
    inputs: Object.fromEntries(["q", "k", "v"].map((name) => [name, { dtype: "float32", shape }])),
    params: {},
    build: ({ q, k, v }) => ({
      y: attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, 1),
    }),
  };
  const wave = (frequency: number): HostTensor => ({
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: n * d }, (_, i) => Math.sin(frequency * i)),
  });
  const feeds = { q: wave(0.37), k: wave(0.73), v: wave(1.31) };
  const run = async (on: Executor) => {
    const prepared = await on.prepare(program);
    const { y } = await prepared.run(feeds, ["y"]);
    await prepared.dispose();
    return y!.data;
  };
  const [got, expected] = [await run(executor), await run(reference)];
  return got.every((value, i) => Math.abs(value - expected[i]!) < 1e-4);
}
