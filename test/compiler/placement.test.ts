/** Where the nodes of a backbone run: on WebGPU every one of them, none on the CPU with copies. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CompiledExecutor } from "../../engine/executors/compiled.ts";
import { attentionProgram, normProgram, segmentProgram } from "../../engine/model/programs.ts";
import type { HostTensor, Program } from "../../engine/executors/executor.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { holdWebGpuDevice, webgpuSkip } from "../support/webgpu.ts";

const events = z.array(
  z.object({ args: z.object({ provider: z.string(), op_name: z.string() }).partial().optional() }),
);

/** Provider -> operators, as ONNX Runtime's own profile tells them. */
async function placement(program: Program, fusedAttention: boolean) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-placement-"));
  try {
    const executor = new CompiledExecutor({
      target: { provider: "webgpu", fusedAttention },
      device: "test",
      threads: 1,
      profilePrefix: path.join(folder, "profile"),
    });
    const prepared = await executor.prepare(program);
    const feeds = Object.entries(program.inputs).map(([name, { dtype, shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = dtype === "int32" ? new Int32Array(size) : new Float32Array(size).fill(0.5);
      return [name, { dtype, shape, data } satisfies HostTensor] as const;
    });
    const [output] = program.name.includes("attention") ? ["rows"] : ["norm"];
    await prepared.run(Object.fromEntries(feeds), [output]);
    prepared.endProfiling();
    await prepared.dispose();
    const [file] = await readdir(folder);
    const profile = events.parse(JSON.parse(await readFile(path.join(folder, file!), "utf8")));
    const placed: Record<string, string[]> = {};
    for (const { args } of profile) {
      if (args?.provider === undefined || args.op_name === undefined) continue;
      (placed[args.provider] ??= []).push(args.op_name);
    }
    return placed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(webgpuSkip !== undefined)("on WebGPU", () => {
  holdWebGpuDevice();

  describe.each(["mlp", "swiglu", "mlp-bf16"])("%s", (model) => {
    const shapeOf = async () => {
      const { config, params } = await openModelFiles(
        path.join(import.meta.dirname, "../fixtures/vit", model),
      );
      return { model, config, params, grid: { rows: 2, cols: 3 }, rope: "fp32" } as const;
    };

    it.each([
      ["fused attention", true],
      ["attention in parts", false],
    ])("every node of the backbone is placed on the GPU, with %s", async (_, fused) => {
      const shape = await shapeOf();
      const program = segmentProgram(shape, { first: 0, last: shape.config.depth - 1 });
      const placed = await placement(program, fused);
      expect(Object.keys(placed)).toEqual(["WebGpuExecutionProvider"]);
      expect(placed["WebGpuExecutionProvider"]!.length).toBeGreaterThan(10 * shape.config.depth);
    });

    it("so are the norm and the attention rows", async () => {
      const shape = await shapeOf();
      for (const program of [normProgram(shape), attentionProgram(shape, 1)]) {
        expect(Object.keys(await placement(program, true))).toEqual(["WebGpuExecutionProvider"]);
      }
    });
  });
});
