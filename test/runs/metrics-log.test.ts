import { existsSync } from "node:fs";
import { appendFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { metricKeys, openMetricsLog, readMetrics } from "../../engine/runs/metrics-log.ts";
import { removeFolder, temporaryFolder } from "./small-state.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, "metrics.jsonl");
});
afterEach(() => removeFolder(folder));

async function logSteps(steps: readonly number[]): Promise<void> {
  const log = await openMetricsLog(path);
  for (const step of steps) await log.append({ step, loss: step / 2 });
  await log.close();
}

const stepsOf = async () => (await readMetrics(path)).map(({ step }) => step);

describe("a line", () => {
  test("has the published keys in the published order, and others after them", async () => {
    const log = await openMetricsLog(path);
    const all = Object.fromEntries([...metricKeys].reverse().map((key, i) => [key, i]));
    await log.append({ other: 1, ...all, step: 3 });
    await log.close();
    const line = JSON.parse(await readFile(path, "utf8")) as object;
    expect(Object.keys(line)).toEqual([
      ..."step, loss, dino_global, dino_local, ibot, koleo, gram, lr, weight_decay, momentum, teacher_temp, grad_norm, images_per_s, elapsed_s".split(
        ", ",
      ),
      "other",
    ]);
  });

  test("has finite numbers only; a term that is not used is absent", async () => {
    const log = await openMetricsLog(path);
    await log.append({ step: 1, loss: NaN, gram: undefined, koleo: -Infinity, ibot: 0.1 });
    await log.close();
    expect(await readFile(path, "utf8")).toBe('{"step":1,"ibot":0.1}\n');
  });
});

describe("the log", () => {
  test("knows its length, in a new session too", async () => {
    await logSteps([1, 2]);
    const log = await openMetricsLog(path);
    expect(log.byteLength).toBe((await stat(path)).size);
    await log.append({ step: 3, loss: 1 });
    expect(log.byteLength).toBe((await stat(path)).size);
    await log.close();
  });

  test("is cut back to what a checkpoint recorded, and goes on from there", async () => {
    await logSteps([1, 2]);
    const { size } = await stat(path);
    await logSteps([3, 4, 5]);
    const log = await openMetricsLog(path);
    await log.cutBack(size);
    expect(log.byteLength).toBe(size);
    await log.append({ step: 3, loss: 7 });
    await log.close();
    expect(await readMetrics(path)).toEqual([
      { step: 1, loss: 0.5 },
      { step: 2, loss: 1 },
      { step: 3, loss: 7 },
    ]);
  });

  test("loses half a line that a killed process left", async () => {
    await logSteps([1, 2]);
    await appendFile(path, '{"step":3,"lo');
    expect(await stepsOf()).toEqual([1, 2]);
    await logSteps([3]);
    expect(await stepsOf()).toEqual([1, 2, 3]);
  });

  test("that is shorter than the checkpoint recorded keeps what it has, in whole lines", async () => {
    await logSteps([1, 2, 3]);
    const { size } = await stat(path);
    await truncate(path, size - 3);
    const log = await openMetricsLog(path);
    await log.cutBack(size);
    await log.append({ step: 4 });
    await log.close();
    expect(await stepsOf()).toEqual([1, 2, 4]);
  });

  test("is cut to nothing when it has no whole line", async () => {
    await writeFile(path, "x".repeat(200_000));
    await logSteps([1]);
    expect(await readFile(path, "utf8")).toBe('{"step":1,"loss":0.5}\n');
  });

  test("finds the last line's end far from the end of the file", async () => {
    await writeFile(path, `{"step":1}\n${"x".repeat(200_000)}`);
    await logSteps([2]);
    expect(await stepsOf()).toEqual([1, 2]);
  });

  test.skipIf(!existsSync("/dev/full"))("on a full disk says so", async () => {
    const log = await openMetricsLog("/dev/full");
    await expect(log.append({ step: 1 })).rejects.toMatchObject({
      code: "disk.full",
      message: expect.stringContaining("/dev/full"),
      hint: expect.stringContaining("Make room"),
    });
    expect(log.byteLength).toBe(0);
    await log.close();
  });
});

describe("reading", () => {
  test("keeps the last of a step that is there twice, in the order of steps", async () => {
    const lines = [1, 2, 3, 2, 3].map((step, i) => JSON.stringify({ step, loss: i }));
    await writeFile(path, `${lines.join("\n")}\n`);
    expect(await readMetrics(path)).toEqual([
      { step: 1, loss: 0 },
      { step: 2, loss: 3 },
      { step: 3, loss: 4 },
    ]);
  });

  test("passes over what is no step", async () => {
    await writeFile(path, '[]\nnull\n7\n{"loss":1}\n\n{"step":1.5}\n{"step":4,"note":"x"}\n');
    expect(await readMetrics(path)).toEqual([{ step: 4 }]);
  });

  test("no file is no steps", async () => {
    expect(await readMetrics(path)).toEqual([]);
  });

  test("a folder is refused", async () => {
    await expect(readMetrics(folder)).rejects.toMatchObject({ code: "path.unreadable" });
  });
});
