/** Electron's utility process as the engine's keeper sees it. The ways of Electron's are imitated. */
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { adaptUtilityProcess } from "../../electron/utility-child.ts";

test("last words that come after the end are heard, though Electron has taken the listeners off", async () => {
  const { utility, child } = fork();
  const heard: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => heard.push(String(chunk)));
  const ended = new Promise((resolve) => child.onExit((code, signal) => resolve([code, signal])));
  utility.stderr.write("first ");
  await new Promise(setImmediate);
  utility.emit("exit", 6);
  utility.stdout.removeAllListeners();
  utility.stderr.removeAllListeners();
  setTimeout(() => utility.stderr.end("last"), 20);
  expect(await ended).toEqual([undefined, "SIGABRT"]);
  expect(heard.join("")).toBe("first last");
});

test.each([
  ["linux", 0, [0, undefined]],
  ["linux", 1, [1, undefined]],
  ["linux", 9, [undefined, "SIGKILL"]],
  ["linux", 139, [undefined, "SIGSEGV"]],
  ["win32", 3221225477, [3221225477, undefined]],
] as const)("on %s code %d", async (platform, code, expected) => {
  const { utility, child } = fork(platform);
  const ended = new Promise((resolve) => child.onExit((...how) => resolve([how[0], how[1]])));
  utility.emit("exit", code);
  expect(await ended).toEqual(expected);
});

test("without a process of its own any more, Electron's kill is asked", () => {
  const { utility, child } = fork();
  child.terminate();
  child.kill();
  expect(utility.kills).toBe(2);
});

function fork(platform: NodeJS.Platform = "linux") {
  const utility = Object.assign(new EventEmitter(), {
    pid: undefined,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    kills: 0,
    kill: () => ++utility.kills > 0,
  });
  return { utility, child: adaptUtilityProcess(utility, platform) };
}
