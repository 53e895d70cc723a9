/** Which executor runs, and what is said of the others. */
import { describe, expect, it } from "vitest";
import { chooseExecutor, inspectExecutors } from "../../engine/executors/choose.ts";
import { timeProduct } from "../../engine/executors/self-check.ts";
import { CompiledExecutor } from "../../engine/executors/compiled.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { webgpuSkip } from "../support/webgpu.ts";

describe("auto", () => {
  it("takes the first that works and explains each one that it skipped", async () => {
    const { executor, reports } = await chooseExecutor("auto");
    expect(reports.map(({ name }) => name)).toEqual(
      ["webgpu", "cuda", "tfjs-gpu", "cpu"].slice(0, reports.length),
    );
    expect(reports.at(-1)).toMatchObject({ name: executor.name, chosen: true, available: true });
    for (const report of reports.slice(0, -1)) {
      expect(report).toMatchObject({ chosen: false, available: false });
      expect(report.reason.length, report.name).toBeGreaterThan(10);
      expect(report.remedy, report.name).toMatch(/install|driver|npm|WebGPU needs/i);
    }
  });

  it.skipIf(webgpuSkip !== undefined)("passes over a software WebGPU adapter", async () => {
    const { executor, reports } = await chooseExecutor("auto");
    expect(executor.name).not.toBe("webgpu");
    expect(reports[0]!.reason).toMatch(/slower than the CPU/);
  });
});

describe("a device asked for by name", () => {
  it("is had or refused, never replaced", async () => {
    const { executor } = await chooseExecutor("cpu");
    expect(executor.name).toBe("cpu");
    const cuda = chooseExecutor("cuda");
    // Where somebody runs this on a machine with the provider, it has to be that one.
    await cuda.then(
      (choice) => expect(choice.executor.name).toBe("cuda"),
      (error: unknown) => expect(error).toMatchObject({ code: "executor.unavailable" }),
    );
  });
});

describe("the doctor's report", () => {
  it("covers every executor and chooses one of those that passed", async () => {
    const reports = await inspectExecutors();
    expect(reports.map(({ name }) => name)).toEqual(["webgpu", "cuda", "tfjs-gpu", "cpu", "tfjs"]);
    expect(reports.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(reports.find(({ name }) => name === "cpu")!.reason).toMatch(/self-check passed/);
  }, 120_000);
});

describe("the self-check", () => {
  it("refuses an executor that computes wrong numbers", async () => {
    const good = new CompiledExecutor({
      target: { provider: "cpu", fusedAttention: true },
      device: "test",
      threads: 1,
    });
    const wrong = {
      name: "cpu" as const,
      device: "test",
      prepare: async (program: Parameters<typeof good.prepare>[0]) => {
        const prepared = await good.prepare(program);
        return {
          bytes: 0,
          run: async (...args: Parameters<typeof prepared.run>) => {
            const outputs = await prepared.run(...args);
            outputs["y"]!.data[7] = 1.5;
            return outputs;
          },
          dispose: () => prepared.dispose(),
        };
      },
      dispose: () => Promise.resolve(),
    };
    await expect(timeProduct(wrong, 16)).rejects.toThrow(EngineError);
    await expect(timeProduct(wrong, 16)).rejects.toThrow(/wrong numbers/);
  });
});
