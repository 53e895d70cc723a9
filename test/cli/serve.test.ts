/** `gramscope serve` as a process: what it prints, who may use it, and how it ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { websocketPort } from "../../engine/host/websocket-port.ts";
import { Client } from "../../engine/protocol/connection.ts";
import { requests } from "../../engine/protocol/messages.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import { gramscope } from "../support/command-line.ts";
import {
  built,
  bundledModel,
  openSocket,
  samples,
  socketAddress,
} from "../support/running-engine.ts";

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

/** Started, and its address read from what it prints. */
async function startServe(...args: string[]) {
  const child = spawn(process.execPath, [built("main.js"), "serve", "--device", "cpu", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += String(chunk)));
  child.stderr.on("data", (chunk) => (printed += String(chunk)));
  await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/http:\S+/);
  // The lines below the address, too.
  await sleep(100);
  const addresses = printed.match(/http:[^\s"]+/g) ?? [];
  return { child, printed, addresses, url: addresses[0]! };
}

async function connect(url: string) {
  return new Client(websocketPort(await openSocket(socketAddress(url))), requests);
}

/** @returns how the process ended, and after how many milliseconds */
async function terminate(child: ChildProcess): Promise<{ end: unknown[]; afterMs: number }> {
  const ended = once(child, "exit");
  const asked = performance.now();
  child.kill("SIGTERM");
  const end: unknown[] = await ended;
  return { end, afterMs: performance.now() - asked };
}

describe("serve", () => {
  test("prints one address, which gives the page and the engine, and SIGTERM ends it at once", async () => {
    const { child, addresses, url, printed } = await startServe("--port", "0");
    expect(addresses).toEqual([url]);
    expect(printed).toMatch(/^Gramscope is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{24}\n/);
    expect(printed).toContain("ssh -L");
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>");

    const client = await connect(url);
    const info = await client.call("engine.info", {});
    expect(info.executors).toMatchObject([{ name: "cpu", chosen: true }]);
    expect(info.models[0]!.path).toBe(path.join(bundledModel, "../scene-vit"));

    const { end, afterMs } = await terminate(child);
    expect(end).toEqual([0, null]);
    expect(afterMs).toBeLessThan(2000);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("ends within two seconds also in the middle of a forward pass", async () => {
    const { child, url } = await startServe("--port", "0", "--json");
    const client = await connect(url);
    const { id: model } = await client.call("model.open", { path: bundledModel });
    const bytes = await readFile(path.join(samples, "chelsea.jpg"));
    const name = "chelsea.jpg";
    const image = await client.call("image.open", {
      name,
      bytes: toWireTensor(bytes, [bytes.length]),
    });
    const heard: number[] = [];
    const pass = client.call(
      "features.get",
      { model, image: image.id, size: { kind: "short", side: 1280 }, layer: "last", norm: true },
      { onProgress: ({ fraction }) => heard.push(fraction) },
    );
    const lost = expect(pass).rejects.toMatchObject({ code: "connection.lost" });
    // The second segment runs, so the thread is inside the runtime.
    await expect.poll(() => heard.at(-1), { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    await sleep(50);
    const { end, afterMs } = await terminate(child);
    await lost;
    console.log(`serve ended ${afterMs.toFixed(0)} ms after SIGTERM, in the middle of a pass`);
    // By itself, or by its own hand where a block takes longer than the grace of 1.2 s; but not by
    // an abort, which is how a thread ends that is terminated inside the runtime.
    expect([
      [0, null],
      [null, "SIGKILL"],
    ]).toContainEqual(end);
    expect(afterMs).toBeLessThan(2000);
  });

  test("a token and a port that are asked for are used; a port in use is refused with exit 2", async () => {
    const holder = net.createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as net.AddressInfo;
    const taken = await gramscope(["serve", "--port", String(port)]);
    expect(taken).toEqual({
      code: 2,
      stdout: "",
      stderr: `Port ${port} of 127.0.0.1 is in use\nChoose another with --port, or 0 for any that is free.\n`,
    });
    holder.close();
    await once(holder, "close");

    const { url } = await startServe("--port", String(port), "--token", "s p&ce", "--json");
    expect(new URL(url).port).toBe(String(port));
    expect(new URL(url).searchParams.get("token")).toBe("s p&ce");
    const client = await connect(url);
    expect((await client.call("engine.info", {})).protocol).toBe(1);
  });

  test("a device that was asked for and is not there is refused with exit 2, and nothing stays", async () => {
    const { code, stdout, stderr } = await gramscope([
      "serve",
      "--port",
      "0",
      "--device",
      "tfjs-gpu",
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^@tensorflow\/tfjs-node-gpu (is not installed|does not load)/);
  });
});
