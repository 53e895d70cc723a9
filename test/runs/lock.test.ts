import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireLock, lockHolder } from "../../engine/runs/lock.ts";
import { removeFolder, temporaryFolder } from "./small-state.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

/** A process number that was in use a moment ago and is free now. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid!;
}

async function writeLock(holder: Partial<Record<"pid" | "host" | "startedAt", unknown>>) {
  const whole = { pid: 1, host: hostname(), startedAt: new Date().toISOString(), ...holder };
  await writeFile(join(folder, "lock"), JSON.stringify(whole));
}

describe("a run", () => {
  test("has one writer, and is free again after it", async () => {
    const lock = await acquireLock(folder);
    const written = JSON.parse(await readFile(join(folder, "lock"), "utf8")) as unknown;
    expect(written).toEqual(lock.holder);
    expect(lock.holder).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await lockHolder(folder)).toEqual(lock.holder);
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: "run.busy",
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
      hint: expect.stringContaining(join(folder, "lock")),
    });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await lockHolder(folder)).toBeUndefined();
    await (await acquireLock(folder)).release();
  });

  test("of another process that lives is busy", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    try {
      await writeLock({ pid: child.pid });
      await expect(acquireLock(folder)).rejects.toMatchObject({
        code: "run.busy",
        message: expect.stringContaining(`process ${child.pid!}`),
      });
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    // Killed, it leaves its lock, which holds nobody up.
    await (await acquireLock(folder)).release();
  });

  test("of a process that is gone is taken over at once", async () => {
    await writeLock({ pid: await deadPid() });
    expect(await lockHolder(folder)).toBeUndefined();
    const lock = await acquireLock(folder);
    expect(await lockHolder(folder)).toEqual(lock.holder);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("of a forerunner with the same number, as in a container, is taken over", async () => {
    await writeLock({ pid: process.pid, startedAt: "2020-01-01T00:00:00.000Z" });
    await expect(acquireLock(folder)).resolves.toMatchObject({ holder: { pid: process.pid } });
  });

  test("of another machine is busy, whatever its processes", async () => {
    await writeLock({ pid: await deadPid(), host: "elsewhere" });
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: "run.busy",
      message: expect.stringContaining("on elsewhere"),
    });
  });

  test.each(["", '{"pid": 1', '{"pid": "1"}'])("with the torn lock %j is free", async (text) => {
    await writeFile(join(folder, "lock"), text);
    await expect(acquireLock(folder)).resolves.toMatchObject({ holder: { pid: process.pid } });
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("that many want at once gets one writer", async () => {
    // Over and over, because who meets whom is chance: a slow one meets the new lock of a fast one.
    const pid = await deadPid();
    for (let round = 0; round < 50; round++) {
      await writeLock({ pid });
      const wanted = Array.from({ length: 8 }, () => acquireLock(folder));
      const answers = await Promise.allSettled(wanted);
      const refusals = answers.flatMap((answer) =>
        answer.status === "rejected" ? [answer.reason as unknown] : [],
      );
      expect(refusals).toHaveLength(7);
      for (const refusal of refusals) expect(refusal).toMatchObject({ code: "run.busy" });
      expect(await readdir(folder)).toEqual(["lock"]);
    }
  });

  test("that was being taken over when that was killed is taken over all the same", async () => {
    await writeLock({ pid: await deadPid() });
    await copyFile(join(folder, "lock"), join(folder, "lock~"));
    await expect(acquireLock(folder)).resolves.toMatchObject({ holder: { pid: process.pid } });
    expect(await readdir(folder)).toEqual(["lock"]);
  });
});

test("a release leaves the lock of a successor alone", async () => {
  const lock = await acquireLock(folder);
  await writeLock({ pid: 4242 });
  await lock.release();
  expect(await readdir(folder)).toEqual(["lock"]);
});

test("a folder that does not exist is refused with its path", async () => {
  const missing = join(folder, "missing");
  await expect(acquireLock(missing)).rejects.toMatchObject({
    code: "path.unwritable",
    message: expect.stringContaining(join(missing, "lock")),
  });
});
