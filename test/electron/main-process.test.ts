/**
 * The built main process, whole, with stand-ins for Electron's calls and the real engine: what it
 * loads, what it answers, what it does when the engine dies, and that nothing of it is left over.
 */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Desktop, Opened } from "../../electron/desktop.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = path.join(root, "dist/electron/main.cjs");
const runner = fileURLToPath(new URL("run-without-electron.mjs", import.meta.url));
const cat = path.join(root, "assets/samples/chelsea.jpg");

let data: string;
const programs: Program[] = [];

beforeAll(() => (data = mkdtempSync(path.join(tmpdir(), "gramscope-main-"))));
afterEach(() => programs.splice(0).forEach((program) => program.kill()));
afterAll(() => rmSync(data, { recursive: true }));

interface Told {
  readonly what: string;
  readonly value?: unknown;
}

/** One run of the program; what it tells is read in order, each once. */
class Program {
  private readonly told: Told[] = [];
  private wake: () => void = () => {};
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[] = [], appFolder = root) {
    this.child = fork(runner, [main, appFolder, data, ...args], {
      env: { ...process.env, GRAMSCOPE_SERVE_OPTIONS: '["--port","0"]' },
    });
    this.child.on("message", (message: Told) => {
      this.told.push(message);
      this.wake();
    });
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    programs.push(this);
  }

  async next(what: string, limitMs = 45_000): Promise<never> {
    const limit = Date.now() + limitMs;
    const passed: string[] = [];
    for (;;) {
      const one = this.told.shift();
      if (one?.what === what) return one.value as never;
      if (one) passed.push(one.what);
      else if (Date.now() > limit) throw new Error(`never told "${what}", but ${passed.join()}`);
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          setTimeout(resolve, 100);
        });
      }
    }
  }

  send(message: object): void {
    this.child.send(message);
  }

  async ask(channel: string, ...values: unknown[]): Promise<unknown> {
    this.send({ do: "invoke", channel, values });
    return this.next("answer");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Up to the engine's page. */
  async started(): Promise<{ enginePid: number; address: string }> {
    const enginePid: number = await this.next("engine");
    return { enginePid, address: await this.page() };
  }

  /** The next address of an engine that is loaded. */
  async page(): Promise<string> {
    for (;;) {
      const address: string = await this.next("load");
      if (address.startsWith("http:")) return address;
    }
  }
}

test("the window is sandboxed, says that the engine starts, then shows its page", async () => {
  const program = new Program();
  await program.next("sandbox");
  expect(await program.next("window")).toMatchObject({ sandbox: true, contextIsolation: true });
  expect(decodeURIComponent(await program.next("load"))).toContain("The engine is starting");
  const { address } = await program.started();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+$/);
  const answer = await fetch(address);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
});

test("an engine that dies is reported to the page with its last words; the page stays", async () => {
  const program = new Program();
  const { enginePid, address } = await program.started();
  process.kill(enginePid, "SIGKILL");
  expect(await nextState(program, "restarting")).toMatchObject({
    reason: "The engine stopped: it was ended by SIGKILL",
    lastWords: expect.any(Array),
  });
  expect(await nextState(program, "running")).toEqual({ kind: "running", url: address });
  expect((await fetch(address)).status).toBe(200);
  await expect(program.next("load", 300)).rejects.toThrow("never told");
});

test("quitting ends the engine first", async () => {
  const program = new Program();
  const { address } = await program.started();
  program.send({ do: "quit" });
  expect(await program.ended).toBe(0);
  await expect(fetch(address)).rejects.toThrow();
});

test("while a run goes closing asks; only then does it end, and the engine has time to save", async () => {
  const program = new Program();
  const { address } = await program.started();
  const words = "A run is going: refine, step 3 of 90";
  program.send({ do: "send", channel: "run-goes", values: [words] });
  program.send({ do: "close", response: 1 });
  expect(await program.next("message")).toBe(words);
  expect((await fetch(address)).status).toBe(200);
  program.send({ do: "close", response: 0 });
  expect(await program.next("message")).toBe(words);
  expect(await program.ended).toBe(0);
  await expect(fetch(address)).rejects.toThrow();
});

test("quitting by the menu asks as well, and no longer once the run is over", async () => {
  const program = new Program();
  await program.started();
  program.send({ do: "send", channel: "run-goes", values: ["A run is going"] });
  program.send({ do: "quit", response: 1 });
  expect(await program.next("message")).toBe("A run is going");
  program.send({ do: "send", channel: "run-goes", values: [undefined] });
  program.send({ do: "quit" });
  expect(await program.ended).toBe(0);
  await expect(program.next("message", 300)).rejects.toThrow("never told");
});

test("killed itself, it leaves no engine behind", async () => {
  const program = new Program();
  const { address } = await program.started();
  program.kill();
  const isServed = () =>
    fetch(address).then(
      () => true,
      () => false,
    );
  await expect.poll(isServed, { timeout: 15_000 }).toBe(false);
});

test("without an engine the window says why and what to do", async () => {
  const empty = path.join(data, "empty");
  const program = new Program([], empty);
  const pages = [await program.next("load"), await program.next("load")].map(decodeURIComponent);
  expect(pages[1]).toContain("The engine is missing: there is no file");
  expect(pages[1]).toContain("Install Gramscope again");
});

test("a photograph on the command line reaches the page once it listens, and the recent files", async () => {
  const program = new Program([cat]);
  await program.started();
  program.send({ do: "send", channel: "page-listens" });
  const opened: Opened = await program.next("to page: opened");
  expect(opened).toMatchObject({ kind: "images", files: [{ name: "chelsea.jpg" }] });
  expect(await program.ask("recent")).toEqual([
    { kind: "image", path: cat, name: "chelsea.jpg", exists: true },
  ]);
});

test("another page is not answered", async () => {
  const program = new Program();
  await program.started();
  program.send({ do: "invoke", channel: "recent", from: "https://evil.example/" });
  expect(await program.next("answer")).toEqual({ error: "internal: recent is not for this page" });
});

test("Export Diagnostics writes what happened, the doctor's findings and no token", async () => {
  const program = new Program();
  const { address } = await program.started();
  program.send({ do: "menu", path: ["&File", "Export Diagnostics…"] });
  const file: string = await program.next("saved", 60_000);
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(/^Gramscope +0\.0\.0$/m);
  expect(text).toMatch(/^Memory +[\d.]+ GB free of [\d.]+ GB$/m);
  expect(text).toContain('"kind": "running"');
  expect(text).toMatch(/== gramscope doctor\n[^]*cpu/);
  expect(text).not.toContain(new URL(address).searchParams.get("token"));
});

test("Help opens the manual, which is there, and the web in the browser", async () => {
  const program = new Program();
  await program.started();
  program.send({ do: "menu", path: ["&Help", "Gramscope Manual"] });
  expect(existsSync(await program.next("open path"))).toBe(true);
  program.send({ do: "menu", path: ["&Help", "DINOv3: the Paper"] });
  expect(await program.next("outside")).toBe("https://arxiv.org/abs/2508.10104");
});

test("the preload is one file that offers exactly what its type says", () => {
  const preload = readFileSync(path.join(root, "dist/electron/preload.cjs"), "utf8");
  expect(preload.match(/require\([^)]*\)/g)).toEqual(['require("electron")']);
  let desktop: Desktop | undefined;
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, value: Desktop) => {
        expect(name).toBe("desktop");
        desktop = value;
      },
    },
    ipcRenderer: {},
    webUtils: {},
  };
  runInNewContext(preload, { require: () => electron, process });
  expect(Object.keys(desktop!).sort()).toEqual([
    "onEngine",
    "onOpen",
    "openImages",
    "openModelFolder",
    "openRecent",
    "pathOf",
    "recent",
    "revealFolder",
    "saveFile",
    "tellRun",
    "versions",
  ]);
});

async function nextState(program: Program, kind: string): Promise<{ kind: string }> {
  for (;;) {
    const state: { kind: string } = await program.next("to page: engine");
    if (state.kind === kind) return state;
  }
}
