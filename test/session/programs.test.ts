import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor, PreparedProgram, Program } from "../../engine/executors/executor.ts";
import { ProgramCache } from "../../engine/session/programs.ts";
import { countingExecutor } from "../support/counting-executor.ts";

let cpu: Executor;
beforeAll(async () => {
  ({ executor: cpu } = await chooseExecutor("cpu"));
});

const times = (factor: number): Program => ({
  name: `times ${factor}`,
  inputs: { x: { dtype: "float32", shape: [2] } },
  params: {},
  build: ({ x }) => ({ out: tf.mul(x!, tf.scalar(factor)) }),
});

async function outputOf(program: PreparedProgram): Promise<number[]> {
  const x = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
  return [...(await program.run({ x }, ["out"]))["out"]!.data];
}

test("programs that are held together run right within a budget for one, which holds", async () => {
  const { executor, counts } = countingExecutor(cpu);
  const cache = new ProgramCache(executor, 1);
  const held = [];
  for (const factor of [2, 3, 5]) held.push(await cache.prepare(times(factor)));
  expect(counts.live).toBe(1);
  for (let round = 0; round < 2; round++) {
    expect([await outputOf(held[0]!), await outputOf(held[1]!), await outputOf(held[2]!)]).toEqual([
      [2, 4],
      [3, 6],
      [5, 10],
    ]);
  }
  expect(counts.live).toBe(1);
  cache.clear();
  expect(counts.live).toBe(0);
});

test("within the budget a program is prepared once", async () => {
  const { executor, counts } = countingExecutor(cpu);
  const cache = new ProgramCache(executor, 2 ** 30);
  await outputOf(await cache.prepare(times(2)));
  const again = await cache.prepare(times(2));
  await outputOf(again);
  await again.dispose();
  expect(await outputOf(await cache.prepare(times(2)))).toEqual([2, 4]);
  expect([counts.mostLive, counts.live]).toEqual([1, 1]);
  cache.clear();
});

test("forgetting goes by the start of the name", async () => {
  const { executor, counts } = countingExecutor(cpu);
  const cache = new ProgramCache(executor, 2 ** 30);
  for (const name of ["m1 a", "m1 b", "m11 a"]) {
    await cache.prepare({ ...times(2), name });
  }
  cache.forget("m1 ");
  expect(counts.live).toBe(1);
  cache.clear();
});
