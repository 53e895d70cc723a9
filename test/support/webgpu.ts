/** Whether WebGPU can run here: scripts/test.mjs unpacks SwiftShader and says why where it cannot. */
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll } from "vitest";
import { CompiledExecutor } from "../../engine/executors/compiled.ts";
import type { PreparedProgram } from "../../engine/executors/executor.ts";

/** The reason to skip WebGPU tests, or undefined where they run. */
export const webgpuSkip =
  process.env["GRAMSCOPE_WEBGPU_SKIP"] ??
  (process.env["VK_ICD_FILENAMES"] === undefined
    ? "no software Vulkan in this process: run the tests through npm test"
    : undefined);

/**
 * Keeps the device open for all tests of a file or a `describe`. The runtime closes it with its last
 * session and forgets the shaders, and compiling shaders is nearly all that SwiftShader does: a tiny
 * backbone takes 4 s of CPU time for its first run and 0.1 s where another had its shaders.
 */
export function holdWebGpuDevice(): void {
  if (webgpuSkip !== undefined) return;
  let held: PreparedProgram | undefined;
  beforeAll(async () => {
    const executor = new CompiledExecutor({
      target: { provider: "webgpu", fusedAttention: false },
      device: "held",
      threads: 1,
    });
    held = await executor.prepare({
      name: "held",
      inputs: { x: { dtype: "float32", shape: [1] } },
      params: {},
      build: ({ x }) => ({ y: tf.neg(x!) }),
    });
  });
  afterAll(() => held?.dispose());
}
