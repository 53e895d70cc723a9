/** The engine's life, with the real engine in plain Node processes. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { adviceFor, describeEnd } from "../../electron/engine-advice.ts";
import { EngineProcess, type EngineOptions } from "../../electron/engine-process.ts";
import { failurePage } from "../../electron/failure-page.ts";
import { nodeLaunch, StateLog } from "./node-child.ts";

const entry = fileURLToPath(new URL("../../dist/engine/main.js", import.meta.url));
const anyPort = ["--port", "0"];

let temporary: string;
const running: EngineProcess[] = [];

beforeAll(() => (temporary = mkdtempSync(path.join(tmpdir(), "gramscope-life-"))));
afterEach(async () => {
  await Promise.all(running.splice(0).map((engine) => engine.stop()));
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** An engine that is not started yet, its states, and its processes. */
function prepare(options: Partial<EngineOptions> = {}) {
  const states = new StateLog();
  const children: ChildProcess[] = [];
  const file = options.entry ?? entry;
  const engine = new EngineProcess({
    entry: file,
    launch: nodeLaunch(file, (child) => children.push(child)),
    serveOptions: anyPort,
    onState: states.add,
    backOffMs: [20, 40, 80],
    ...options,
  });
  running.push(engine);
  return { engine, states, children };
}

/** A program that stands in for an engine that behaves badly. */
function badEngine(name: string, code: string): string {
  const file = path.join(temporary, `${name}.mjs`);
  writeFileSync(file, code);
  return file;
}

test("it starts, answers at its address, and ends when it is told to", async () => {
  const { engine, states, children } = prepare();
  engine.start();
  const { url } = await states.next("running");
  expect((await fetch(url)).status).toBe(200);
  await engine.stop();
  expect(states.kinds).toEqual(["starting", "running", "stopped"]);
  expect(children.map(hasEnded)).toEqual([true]);
  await expect(fetch(url)).rejects.toThrow();
});

test("killed, it is reported and comes back at the same address with the same token", async () => {
  const { engine, states, children } = prepare();
  engine.start();
  const first = await states.next("running");
  expect(await accepts(first.url)).toBe(true);
  children[0]!.kill("SIGKILL");
  expect(await states.next("restarting")).toEqual({
    kind: "restarting",
    reason: "The engine stopped: it was ended by SIGKILL",
    hint: expect.stringContaining("memory"),
    lastWords: expect.any(Array),
    inMs: 20,
  });
  const second = await states.next("running");
  expect(second.url).toBe(first.url);
  expect(await accepts(second.url)).toBe(true);
});

test("its token stands on no command line", async () => {
  const { engine, states, children } = prepare();
  engine.start();
  const { url } = await states.next("running");
  const token = new URL(url).searchParams.get("token")!;
  expect(children[0]!.spawnargs.join(" ")).not.toContain(token);
});

test("where its port was taken meanwhile, it comes back at another", async () => {
  const { engine, states, children } = prepare({ backOffMs: [300] });
  engine.start();
  const first = await states.next("running");
  children[0]!.kill("SIGKILL");
  await states.next("restarting");
  const squatter = createServer();
  await new Promise<void>((resolve) => {
    squatter.listen(Number(new URL(first.url).port), "127.0.0.1", resolve);
  });
  const second = await states.next("running");
  squatter.close();
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  expect(new URL(second.url).search).toBe(new URL(first.url).search);
});

test("started again by a person, it is at the same address", async () => {
  const { engine, states } = prepare();
  engine.start();
  const first = await states.next("running");
  await engine.restart();
  expect((await states.next("running")).url).toBe(first.url);
});

test("one that ends in every attempt is tried three times more, then given up with its last words", async () => {
  const file = badEngine("ends", 'console.error("one"); console.error("last"); process.exit(3);');
  const { engine, states, children } = prepare({ entry: file });
  engine.start();
  expect(await states.next("failed")).toEqual({
    kind: "failed",
    reason: "The engine does not start: it ended with code 3. It ended 4 times in a minute",
    hint: expect.stringContaining("Export diagnostics"),
    lastWords: ["one", "last"],
  });
  expect(children).toHaveLength(4);
  engine.start();
  await states.next("failed");
  expect(children).toHaveLength(8);
});

test("only its last fifty lines are kept", async () => {
  const file = badEngine(
    "talks",
    // Not process.exit(), which may cut off what waits in the pipe.
    "for (let i = 0; i < 500; i++) console.error(i); process.exitCode = 1;",
  );
  const { engine, states } = prepare({ entry: file, backOffMs: [] });
  engine.start();
  const { lastWords } = await states.next("failed");
  expect([lastWords.length, lastWords[0], lastWords.at(-1)]).toEqual([50, "450", "499"]);
});

test("one that gives no sign of life is ended", async () => {
  const file = badEngine("silent", "setInterval(() => {}, 1000);");
  const { engine, states, children } = prepare({ entry: file, backOffMs: [], startLimitMs: 300 });
  engine.start();
  expect(await states.next("failed")).toMatchObject({
    reason: expect.stringContaining("it gave no sign of life in time"),
  });
  expect(children.map(hasEnded)).toEqual([true]);
});

test("one that does not end when it is told to is ended", async () => {
  const file = badEngine(
    "stubborn",
    `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
     console.log(JSON.stringify({ url: "http://127.0.0.1:1/?token=t", port: 1 }));`,
  );
  const { engine, states, children } = prepare({ entry: file, graceMs: () => 200 });
  engine.start();
  await states.next("running");
  await engine.stop();
  expect(children[0]!.signalCode).toBe("SIGKILL");
});

describe("an engine that cannot start says what to do", () => {
  test("its file is missing", async () => {
    const { engine, states, children } = prepare({ entry: path.join(temporary, "gone.js") });
    engine.start();
    expect(await states.next("failed")).toEqual({
      kind: "failed",
      reason: expect.stringMatching(/^The engine is missing: there is no file .*gone\.js$/),
      hint: "Install Gramscope again; in a checkout, run npm run build.",
      lastWords: [],
    });
    expect(children).toEqual([]);
  });

  test("the port that was asked for is taken", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
    const port = String((squatter.address() as AddressInfo).port);
    const { engine, states, children } = prepare({ serveOptions: ["--port", port] });
    engine.start();
    expect(await states.next("failed")).toEqual({
      kind: "failed",
      reason: `The engine does not start: Port ${port} of 127.0.0.1 is in use`,
      hint: "Choose another with --port, or 0 for any that is free.",
      lastWords: [],
    });
    // The same again would end the same.
    expect(children).toHaveLength(1);
    squatter.close();
  });

  test("an option is wrong", async () => {
    const { engine, states } = prepare({ serveOptions: ["--device", "abacus"] });
    engine.start();
    expect((await states.next("failed")).reason).toMatch(/--device: expected .*abacus/);
  });

  test("a part of it is missing", async () => {
    const file = badEngine("partless", 'await import("no-such-native-part");');
    const { engine, states } = prepare({ entry: file, backOffMs: [] });
    engine.start();
    expect((await states.next("failed")).hint).toMatch(
      /^A part of the engine is missing\. Install/,
    );
  });

  test("it cannot be started as a process at all", async () => {
    const launch = () => {
      throw new Error("EAGAIN");
    };
    const { engine, states } = prepare({ launch });
    engine.start();
    expect((await states.next("failed")).reason).toContain("EAGAIN");
  });

  test.each([
    ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "memory"],
    ["terminate called after throwing an instance of 'std::bad_alloc'", "memory"],
    ["Error: libonnxruntime.so.1: cannot open shared object file", "native part"],
    ["/lib/libm.so.6: version `GLIBC_2.38' not found", "C library"],
    ["Error: ENOSPC: no space left on device", "disk is full"],
    ["something nobody has seen", "Export diagnostics"],
  ])("%s", (line, hint) => expect(adviceFor([line])).toContain(hint));

  test("its end is told in words", () => {
    expect([describeEnd(1), describeEnd(0), describeEnd(undefined, "SIGSEGV")]).toEqual([
      "it ended with code 1",
      "it ended by itself",
      "it was ended by SIGSEGV",
    ]);
  });

  test("the message shows what an outsider wrote as text and loads nothing", () => {
    const address = failurePage({ reason: "<b>", hint: "h", lastWords: ['<img src="x">'] });
    const html = decodeURIComponent(address);
    expect(address).toMatch(/^data:text\/html;charset=utf-8,/);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain("&lt;img src=&quot;x&quot;&gt;");
    expect(html).not.toContain("<img");
  });
});

test("an engine whose window was killed ends by itself", async () => {
  // A process between us and the engine, as the window is; it starts one and is killed.
  const between = `
    import { spawn } from "node:child_process";
    const words = ["serve", "--json", "--port", "0", "--parent", String(process.pid)];
    const engine = spawn(process.execPath, [${JSON.stringify(entry)}, ...words]);
    engine.stdout.on("data", (line) => console.log(JSON.stringify([engine.pid, JSON.parse(line)])));
    setInterval(() => {}, 1000);
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", between]);
  const line = await new Promise<string>((resolve) => {
    parent.stdout.once("data", (data: Buffer) => resolve(String(data)));
  });
  const [pid, { url }] = JSON.parse(line) as [number, { url: string }];
  expect((await fetch(url)).status).toBe(200);
  parent.kill("SIGKILL");
  await expect.poll(() => isRunning(pid), { timeout: 15_000 }).toBe(false);
});

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Whether the engine takes the token: a wrong one closes the socket at once, with 4401. */
async function accepts(url: string): Promise<boolean> {
  const address = new URL(url);
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`ws://${address.host}/socket${address.search}`);
  return new Promise((resolve) => {
    socket.on("close", () => resolve(false));
    socket.on("error", () => resolve(false));
    socket.on("open", () =>
      setTimeout(() => {
        resolve(true);
        socket.terminate();
      }, 200),
    );
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody collects orphans, an ended one keeps its number.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, "utf8").includes(") Z ");
}
