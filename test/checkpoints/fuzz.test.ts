/**
 * Sound files changed at random, thousands of times: every reader ends with the tensors or with one
 * refusal, soon and without taking memory. GRAMSCOPE_FUZZ=100000 says how many; GRAMSCOPE_FUZZ_SEED
 * from which seed on.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { Draws } from "../../engine/random/draws.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { mutate } from "./mutations.ts";
import { cpuTime, fixtures } from "./stored-values.ts";

const count = Number(process.env["GRAMSCOPE_FUZZ"] ?? 2000);
const seed = Number(process.env["GRAMSCOPE_FUZZ_SEED"] ?? 1);

/** What is changed, and the folder that it is changed in. */
const targets = [
  "assorted.pth",
  "assorted-legacy.pth",
  "assorted.npz",
  "array.npy",
  "arrays-deflated.npz",
  "flat-bf16.pth",
  "training.pth",
  "flat-legacy.pth",
  "distributed-two/.metadata",
  "distributed-two/__1_0.distcp",
];

let folder: string;
let cacheBefore: string | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gramscope-fuzz-"));
  await cp(join(fixtures, "distributed-two"), join(folder, "distributed-two"), { recursive: true });
  cacheBefore = process.env["GRAMSCOPE_CACHE"];
  process.env["GRAMSCOPE_CACHE"] = join(folder, "cache");
  await mkdir(join(folder, "cache"));
});
afterAll(async () => {
  if (cacheBefore === undefined) delete process.env["GRAMSCOPE_CACHE"];
  else process.env["GRAMSCOPE_CACHE"] = cacheBefore;
  await rm(folder, { recursive: true, force: true });
});

test(
  `${count} changed files end with tensors or with a refusal`,
  async () => {
    const outcomes = { opened: 0, refused: 0, models: 0 };
    const codes = new Map<string, number>();
    let slowest = 0;
    let largest = 0;
    const collect = () => (globalThis as { gc?: () => void }).gc?.();
    collect();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < count; i++) {
      const draws = new Draws(seed, i);
      const target = targets[i % targets.length]!;
      const sound = await readFile(join(fixtures, target));
      const path = join(folder, target);
      await writeFile(path, mutate(sound, draws));
      const opened = target.startsWith("distributed") ? join(folder, "distributed-two") : path;
      const begun = cpuTime();
      try {
        const { tensors } = await openCheckpoint(opened);
        // Of a folder three tensors: every piece is a file within a file, most of them sound.
        const isFolder = opened !== path;
        const looked = isFolder ? draws.shuffle([...tensors]).slice(0, 3) : tensors;
        for (const tensor of looked) await assemble(tensor);
        // A few by the way that a model goes, which may write a converted copy.
        if (i % 7 === 0) {
          await openModelFiles(opened);
          outcomes.models++;
        }
        outcomes.opened++;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code === "internal") {
          throw new Error(`seed ${seed}, ${i}, ${target}`, { cause: error });
        }
        outcomes.refused++;
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
        if (error.message.length > 1000) throw new Error(`seed ${seed}, ${i}: a message too long`);
      }
      slowest = Math.max(slowest, cpuTime() - begun);
      largest = Math.max(largest, process.memoryUsage().rss - before);
      if (target.startsWith("distributed")) await writeFile(path, sound);
      else await rm(path);
    }
    console.log(
      `${count} files from seed ${seed}: ${outcomes.opened} opened (${outcomes.models} as models), ${outcomes.refused} refused (${[...codes].map(([code, n]) => `${code} ${n}`).join(", ")}); the slowest took ${slowest.toFixed(0)} ms of work, memory grew by at most ${(largest / 2 ** 20).toFixed(0)} MiB`,
    );
    expect(outcomes.refused).toBeGreaterThan(count / 3);
    expect(slowest).toBeLessThan(3000);
    // Files are 2 to 73 KB; what is left is the collector's leisure.
    expect(largest).toBeLessThan(300 * 2 ** 20);
    // Nothing but what was written here, and copies in the cache.
    expect((await readdir(folder)).sort()).toEqual(["cache", "distributed-two"]);
    expect((await readdir(join(folder, "distributed-two"))).sort()).toEqual([
      ".metadata",
      "__0_0.distcp",
      "__1_0.distcp",
    ]);
  },
  Math.max(120_000, count * 200),
);
