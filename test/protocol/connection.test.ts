import { MessageChannel } from "node:worker_threads";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { threadPort } from "../../engine/host/thread-port.ts";
import { websocketPort } from "../../engine/host/websocket-port.ts";
import { Client, serve, type Call, type Port } from "../../engine/protocol/connection.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { Progress } from "../../engine/protocol/messages.ts";
import { float32Values, toWireTensor, wireTensor } from "../../engine/protocol/tensor.ts";
import { memoryPorts } from "../support/memory-port.ts";

const named = z.object({ name: z.string() });
const table = {
  double: { payload: z.object({ value: z.number() }), reply: z.object({ value: z.number() }) },
  tensor: { payload: z.object({ tensor: wireTensor }), reply: z.object({ tensor: wireTensor }) },
  refuse: { payload: z.object({}), reply: z.object({}) },
  bug: { payload: z.object({}), reply: z.object({}) },
  lie: { payload: z.object({}), reply: z.object({ grid: z.object({ rows: z.number() }) }) },
  /** Reports these fractions, then answers. */
  steps: { payload: z.object({ fractions: z.array(z.number()) }), reply: z.object({}) },
  /** Answers when its turn is over: when it is released, or called off. */
  wait: { payload: named, reply: named },
  /** Hears no cancellation. */
  stubborn: { payload: named, reply: named },
} as const;

interface Pair {
  readonly near: Port;
  readonly far: Port;
  /** What happens when a process dies or a cable is pulled. */
  cut(): void;
  remove(): void;
}

const transports: Record<string, () => Promise<Pair>> = {
  "a pair in memory": async () => {
    const [near, far] = memoryPorts();
    return { near, far, cut: () => far.close(), remove: () => near.close() };
  },
  "a thread's message port": async () => {
    const { port1, port2 } = new MessageChannel();
    const remove = () => {
      port1.close();
      port2.close();
    };
    return { near: threadPort(port1), far: threadPort(port2), cut: () => port2.close(), remove };
  },
  "a WebSocket": async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    const accepted = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const [socket] = await Promise.all([
      accepted,
      new Promise((resolve) => client.once("open", resolve)),
    ]);
    return {
      near: websocketPort(client),
      far: websocketPort(socket),
      cut: () => socket.terminate(),
      remove: () => {
        client.terminate();
        server.close();
      },
    };
  },
};

for (const [name, connect] of Object.entries(transports)) {
  describe(`over ${name}`, () => {
    let pair: Pair;
    let client: Client<typeof table>;
    let bugs: unknown[];
    /** What handlers saw, in order. */
    let seen: string[];
    let release: Map<string, () => void>;

    beforeEach(async () => {
      pair = await connect();
      bugs = [];
      seen = [];
      release = new Map();
      const hold = async (what: string, signal?: AbortSignal) => {
        seen.push(`${what} starts`);
        await new Promise<void>((resolve) => {
          release.set(what, resolve);
          signal?.addEventListener("abort", () => {
            seen.push(`${what} is called off`);
            resolve();
          });
        });
        return { name: what };
      };
      serve(
        pair.far,
        table,
        {
          double: ({ value }) => ({ value: 2 * value }),
          tensor: ({ tensor }) => ({
            tensor: toWireTensor(
              float32Values(tensor).map((v) => -v),
              tensor.shape,
            ),
          }),
          refuse: () => {
            throw new EngineError("patch.range", "patch: expected row 0 to 3, received 9", {
              hint: "Count from 0.",
            });
          },
          bug: () => {
            throw new TypeError("x is undefined");
          },
          lie: () => ({ grid: { rows: "four" } }) as never,
          steps: async ({ fractions }, { progress }: Call) => {
            for (const fraction of fractions) progress({ fraction, label: `at ${fraction}` });
            return {};
          },
          wait: ({ name }, { signal }) => hold(name, signal),
          stubborn: ({ name }) => hold(name),
        },
        (error) => bugs.push(error),
      );
      client = new Client(pair.near, table);
    });
    afterEach(() => pair.remove());

    const started = async (what: string) => {
      await expect.poll(() => seen, { interval: 5 }).toContain(`${what} starts`);
    };

    test("a request gets its own reply, however many are under way", async () => {
      const values = Array.from({ length: 50 }, (_, i) => i);
      const replies = await Promise.all(values.map((value) => client.call("double", { value })));
      expect(replies).toEqual(values.map((value) => ({ value: 2 * value })));
    });

    test("tensors travel both ways", async () => {
      const tensor = toWireTensor(Float32Array.of(1, -2, 3), [3, 1]);
      const reply = await client.call("tensor", { tensor });
      expect(reply.tensor.shape).toEqual([3, 1]);
      expect(float32Values(reply.tensor)).toEqual(Float32Array.of(-1, 2, -3));
    });

    test("a refusal keeps its code, its sentence and its hint", async () => {
      await expect(client.call("refuse", {})).rejects.toMatchObject({
        name: "EngineError",
        code: "patch.range",
        message: "patch: expected row 0 to 3, received 9",
        hint: "Count from 0.",
      });
      expect(bugs).toEqual([]);
    });

    test("a bug is told as internal and handed to the log", async () => {
      await expect(client.call("bug", {})).rejects.toMatchObject({
        code: "internal",
        message: "internal: x is undefined",
      });
      expect(bugs).toEqual([new TypeError("x is undefined")]);
      // And the connection goes on.
      expect(await client.call("double", { value: 1 })).toEqual({ value: 2 });
    });

    test("a payload that breaks the schema is refused by field, without reaching its handler", async () => {
      await expect(client.call("wait", { name: 7 } as never)).rejects.toMatchObject({
        code: "protocol.invalid",
        message: expect.stringMatching(/^wait at name: .*expected string/) as string,
      });
      expect(seen).toEqual([]);
    });

    test("an unknown kind is refused with the ones that are known", async () => {
      const stranger = new Client(pair.near, { fly: { payload: z.any(), reply: z.any() } });
      await expect(stranger.call("fly", {})).rejects.toMatchObject({
        code: "protocol.invalid",
        message: expect.stringMatching(
          /expected one of double, tensor,.*; received "fly"/,
        ) as string,
      });
      const object = new Client(pair.near, { constructor: { payload: z.any(), reply: z.any() } });
      await expect(object.call("constructor", {})).rejects.toMatchObject({
        code: "protocol.invalid",
      });
    });

    test("a message that is none is answered, and the connection goes on", async () => {
      const answers: unknown[] = [];
      pair.near.onMessage((message) => answers.push(message));
      for (const message of [
        17,
        { type: "dance", id: 1 },
        { type: "request", id: -1, kind: "double" },
      ]) {
        pair.near.post(message);
      }
      await expect.poll(() => answers.length).toBe(3);
      for (const answer of answers) {
        expect(answer).toMatchObject({ type: "error", error: { code: "protocol.invalid" } });
      }
      expect(await client.call("double", { value: 4 })).toEqual({ value: 8 });
    });

    test("progress comes in order, only forwards and never beyond 1", async () => {
      const heard: Progress[] = [];
      const fractions = [0.1, 0.5, 0.3, 0.8, 1.7, 0.2];
      await client.call("steps", { fractions }, { onProgress: (progress) => heard.push(progress) });
      expect(heard.map(({ fraction }) => fraction)).toEqual([0.1, 0.5, 0.5, 0.8, 1, 1]);
      expect(heard.map(({ label }) => label)).toEqual(fractions.map((f) => `at ${f}`));
    });

    test("a signal that has fired ends the call before anything is sent", async () => {
      const call = client.call("wait", { name: "a" }, { signal: AbortSignal.abort() });
      await expect(call).rejects.toMatchObject({ code: "cancelled" });
      await client.call("double", { value: 0 });
      expect(seen).toEqual([]);
    });

    test("a cancelled call ends at once, and its handler hears of it", async () => {
      const abort = new AbortController();
      const call = client.call("wait", { name: "a" }, { signal: abort.signal });
      await started("a");
      abort.abort();
      await expect(call).rejects.toMatchObject({ code: "cancelled" });
      await expect.poll(() => seen).toEqual(["a starts", "a is called off"]);
      expect(await client.call("double", { value: 3 })).toEqual({ value: 6 });
    });

    test("what a cancelled call answers later goes nowhere", async () => {
      const abort = new AbortController();
      const heard: unknown[] = [];
      pair.near.onMessage((message) => heard.push(message));
      const call = client.call("stubborn", { name: "a" }, { signal: abort.signal });
      await started("a");
      abort.abort();
      await expect(call).rejects.toMatchObject({ code: "cancelled" });
      // The cancellation first: both travel in order.
      await client.call("double", { value: 0 });
      release.get("a")!();
      await expect.poll(() => heard.length).toBe(2);
      expect(heard[1]).toMatchObject({ type: "error", error: { code: "cancelled" } });
      expect(await client.call("double", { value: 5 })).toEqual({ value: 10 });
      expect(bugs).toEqual([]);
    });

    test("a newer request of the same view overtakes; others are left alone", async () => {
      const call = (name: string, view?: string) => client.call("wait", { name }, { view });
      const older = call("older", "map");
      const elsewhere = call("elsewhere", "gram");
      const viewless = call("viewless");
      await started("viewless");
      const newer = call("newer", "map");
      await expect(older).rejects.toMatchObject({ code: "cancelled" });
      await started("newer");
      expect(seen).not.toContain("newer is called off");
      for (const name of ["newer", "elsewhere", "viewless"]) release.get(name)!();
      expect(await Promise.all([newer, elsewhere, viewless])).toEqual([
        { name: "newer" },
        { name: "elsewhere" },
        { name: "viewless" },
      ]);
      expect(seen.filter((line) => line.endsWith("called off"))).toEqual(["older is called off"]);
    });

    test("an older request that does not listen is still told that it was overtaken", async () => {
      const older = client.call("stubborn", { name: "older" }, { view: "map" });
      await started("older");
      const newer = client.call("wait", { name: "newer" }, { view: "map" });
      await started("newer");
      release.get("older")!();
      await expect(older).rejects.toMatchObject({ code: "cancelled" });
      release.get("newer")!();
      expect(await newer).toEqual({ name: "newer" });
    });

    test("a request that is refused overtakes nothing", async () => {
      const older = client.call("wait", { name: "older" }, { view: "map" });
      await started("older");
      await expect(client.call("wait", {} as never, { view: "map" })).rejects.toMatchObject({
        code: "protocol.invalid",
      });
      release.get("older")!();
      expect(await older).toEqual({ name: "older" });
    });

    test("a reply that breaks its schema is refused by the caller, by field", async () => {
      await expect(client.call("lie", {})).rejects.toMatchObject({
        code: "protocol.invalid",
        message: expect.stringMatching(/^reply to lie at grid\.rows: /) as string,
      });
    });

    test("a lost connection ends what is under way on both sides, and what comes after", async () => {
      const ends = Promise.all(
        ["a", "b"].map((name) =>
          expect(client.call("wait", { name })).rejects.toMatchObject({ code: "connection.lost" }),
        ),
      );
      await started("b");
      pair.cut();
      await ends;
      await expect(client.call("double", { value: 1 })).rejects.toMatchObject({
        code: "connection.lost",
        message: expect.stringMatching(/^The engine cannot be reached: ./) as string,
      });
      await expect
        .poll(() => seen)
        .toEqual(expect.arrayContaining(["a is called off", "b is called off"]));
    });
  });
}

describe("an answer from another version", () => {
  test("that cannot be read ends its call instead of leaving it waiting", async () => {
    const [near, far] = memoryPorts();
    const client = new Client(near, table);
    far.onMessage((message) => {
      const { id } = message as { id: number };
      far.post({ type: "error", id, error: { code: "code.of.the.future", message: "?" } });
    });
    await expect(client.call("double", { value: 1 })).rejects.toMatchObject({
      code: "protocol.invalid",
    });
    near.close();
  });

  test("to a question that nobody asked is passed over", async () => {
    const [near, far] = memoryPorts();
    const client = new Client(near, table);
    for (const message of [
      { type: "reply", id: 99, payload: {} },
      { type: "error", error: { code: "internal", message: "no id" } },
      { type: "progress", id: 3, progress: { fraction: 0.5, label: "" } },
      { type: "sing" },
      undefined,
    ]) {
      far.post(message);
    }
    await sleep(10);
    far.onMessage((message) => {
      far.post({ type: "reply", id: (message as { id: number }).id, payload: { value: 2 } });
    });
    expect(await client.call("double", { value: 1 })).toEqual({ value: 2 });
    near.close();
  });
});
