/** The figures of `gramscope bench scenes` agree with each other. */
import { expect, test } from "vitest";
import { runScenesBench } from "../../engine/bench/scenes.ts";
import { built } from "../support/running-engine.ts";

test("both sides are drawn by one thread and by two, at rates that fit the time they took", async () => {
  const lines: string[] = [];
  const start = performance.now();
  const { scenes, arithmetic } = await runScenesBench({
    runs: 1,
    pictures: 2,
    threadFile: built("scene-thread.js"),
    log: (line) => lines.push(line),
  });
  const seconds = (performance.now() - start) / 1000;
  expect(scenes.map(({ pixels, threads }) => [pixels, threads])).toEqual([
    [224, 1],
    [112, 1],
    [224, 2],
    [112, 2],
  ]);
  let drawing = 0;
  for (const { picturesPerSecond, cpuMs, picturesPerCpuSecond, megaflopsEach } of scenes) {
    // Two pictures each cannot have taken longer than everything did.
    drawing += 2 / picturesPerSecond.max;
    expect(picturesPerCpuSecond.max * cpuMs.min).toBeCloseTo(1000, 6);
    expect(megaflopsEach.max).toBeLessThanOrEqual((arithmetic.max * cpuMs.max) / 1000 + 1e-9);
    expect(megaflopsEach.min).toBeGreaterThanOrEqual((arithmetic.min * cpuMs.min) / 1000 - 1e-9);
  }
  expect(drawing).toBeLessThan(seconds);
  expect(lines).toHaveLength(4);
});
