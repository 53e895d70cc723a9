/** A disk that takes so many bytes and no more, under everything that a run writes. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defaultRecipe } from "../../engine/recipe/recipe.ts";
import { writeCheckpoint } from "../../engine/runs/checkpoint.ts";
import { openEventFile } from "../../engine/runs/event-file.ts";
import { acquireLock } from "../../engine/runs/lock.ts";
import { openMetricsLog, readMetrics } from "../../engine/runs/metrics-log.ts";
import { latestCheckpoint, readCheckpoint } from "../../engine/runs/read-checkpoint.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { checkpoint, expectSameState, removeFolder, temporaryFolder } from "./small-state.ts";

const disk = vi.hoisted(() => ({ freeBytes: Infinity }));

/** Each call takes its bytes from the disk first; half a write goes through, as a real disk does. */
vi.mock("node:fs/promises", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs/promises")>();
  const full = () =>
    Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
  const take = (bytes: number) => {
    const taken = Math.min(bytes, disk.freeBytes);
    disk.freeBytes -= taken;
    return taken;
  };
  const open = async (...parameters: Parameters<typeof fs.open>) => {
    const handle = await fs.open(...parameters);
    const whole = (data: string | Uint8Array) => async () => {
      const bytes = Buffer.from(data as string);
      const taken = take(bytes.length);
      await handle.appendFile(bytes.subarray(0, taken));
      if (taken < bytes.length) throw full();
    };
    return new Proxy(handle, {
      get(target, key) {
        if (key === "write") {
          return async (bytes: Uint8Array, offset: number, length: number) => {
            const taken = take(length);
            if (taken === 0 && length > 0) throw full();
            return target.write(bytes, offset, taken);
          };
        }
        if (key === "writeFile" || key === "appendFile") {
          return (data: string | Uint8Array) => whole(data)();
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  };
  const writeFile = async (path: string, data: string, options: object) => {
    const taken = take(Buffer.byteLength(data));
    await fs.writeFile(path, Buffer.from(data).subarray(0, taken), options);
    if (taken < Buffer.byteLength(data)) throw full();
  };
  return { ...fs, open, writeFile };
});

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  disk.freeBytes = Infinity;
  await removeFolder(folder);
});

const isFull = expect.objectContaining({
  code: "disk.full",
  message: expect.stringContaining("the disk is full"),
  hint: expect.stringContaining("Make room"),
});

describe("a full disk", () => {
  test("leaves no half checkpoint and the earlier one whole, wherever it fills up", async () => {
    const first = checkpoint(1);
    await writeCheckpoint({ folder }, first);
    const before = disk.freeBytes;
    disk.freeBytes = 1e9;
    await writeCheckpoint({ folder }, checkpoint(2));
    const needed = 1e9 - disk.freeBytes;
    disk.freeBytes = before;
    await removeFolder(join(folder, "checkpoints", "step-000002"));
    // From the first byte to the last, through every file.
    for (let i = 0; i < 40; i++) {
      disk.freeBytes = Math.min(needed - 1, Math.floor((needed * i) / 39));
      await expect(writeCheckpoint({ folder }, checkpoint(2))).rejects.toEqual(isFull);
      expect(await readdir(join(folder, "checkpoints"))).toEqual(["step-000001"]);
    }
    expect(await latestCheckpoint({ folder })).toMatchObject({ step: 1 });
    const read = await readCheckpoint(join(folder, "checkpoints", "step-000001"));
    expectSameState(read.state, first.state);
  });

  test("leaves the checkpoint of the same step where it is", async () => {
    const first = checkpoint(1);
    const path = await writeCheckpoint({ folder }, first);
    disk.freeBytes = 1000;
    await expect(writeCheckpoint({ folder }, checkpoint(1))).rejects.toEqual(isFull);
    expectSameState((await readCheckpoint(path)).state, first.state);
  });

  test("leaves no half run", async () => {
    const recipe = defaultRecipe();
    disk.freeBytes = 100;
    await expect(createRun(join(folder, "run"), recipe)).rejects.toEqual(isFull);
    expect(await readdir(folder)).toEqual([]);
  });

  test("leaves no half line in the log", async () => {
    const path = join(folder, "metrics.jsonl");
    const log = await openMetricsLog(path);
    await log.append({ step: 1, loss: 2 });
    disk.freeBytes = 5;
    await expect(log.append({ step: 2, loss: 3 })).rejects.toEqual(isFull);
    disk.freeBytes = Infinity;
    await log.append({ step: 2, loss: 4 });
    await log.close();
    expect(await readMetrics(path)).toEqual([
      { step: 1, loss: 2 },
      { step: 2, loss: 4 },
    ]);
  });

  test("is told where events and the lock are written too", async () => {
    disk.freeBytes = 5;
    await expect(openEventFile(folder)).rejects.toEqual(isFull);
    disk.freeBytes = 0;
    await expect(acquireLock(folder)).rejects.toEqual(isFull);
    disk.freeBytes = Infinity;
    // The empty lock of this attempt holds nobody up.
    await (await acquireLock(folder)).release();
  });
});
