/** The Hub as a page reaches it: a request with progress, and models opened by their names. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hubHandlers } from "../../engine/host/hub-handlers.ts";
import { Client, serve } from "../../engine/protocol/connection.ts";
import { hubRequests } from "../../engine/protocol/hub.ts";
import { createLookStore } from "../../renderer/store/store.ts";
import { memoryPorts } from "../support/memory-port.ts";
import { repositoryId, startHub, type FakeHub } from "./hub-server.ts";

let hub: FakeHub;
let folder: string;
let client: Client<typeof hubRequests>;

beforeEach(async () => {
  hub = await startHub({
    "config.json": { bytes: Buffer.from("{}") },
    "model.safetensors": { bytes: Buffer.alloc(200_000, 3), isLarge: true },
  });
  folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-hub-"));
  const [engine, page] = memoryPorts();
  const access = async () => ({
    endpoint: hub.endpoint,
    cacheFolder: folder,
    token: undefined,
    isOffline: false,
  });
  serve(engine, hubRequests, hubHandlers(access));
  client = new Client(page, hubRequests);
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

test("hub.get tells its progress, and the name to open", async () => {
  const fractions: number[] = [];
  const reply = await client.call(
    "hub.get",
    { repository: ` https://huggingface.co/${repositoryId} ` },
    { onProgress: ({ fraction }) => fractions.push(fraction) },
  );
  expect(reply).toEqual({
    name: `hf:${repositoryId}`,
    commit: hub.commit,
    downloadedBytes: 200_002,
  });
  expect(fractions.at(-1)).toBe(1);
  const tagged = await client.call("hub.get", { repository: `${repositoryId}@v1` });
  expect(tagged).toMatchObject({ name: `hf:${repositoryId}@v1`, downloadedBytes: 0 });
});

test("hub.get is cancelled within a second, and refused in the Hub's words", async () => {
  hub.faults.stalls = true;
  const abort = new AbortController();
  const started = performance.now();
  const work = client.call("hub.get", { repository: repositoryId }, { signal: abort.signal });
  setTimeout(() => abort.abort(), 200);
  await expect(work).rejects.toMatchObject({ code: "cancelled" });
  expect(performance.now() - started).toBeLessThan(1200);
  const refused = client.call("hub.get", { repository: "../x" });
  await expect(refused).rejects.toMatchObject({ code: "option.invalid" });
});

test("the page opens what it got, and a note is shown", async () => {
  const asked: unknown[] = [];
  const call = (kind: string, payload: unknown): Promise<unknown> => {
    asked.push([kind, payload]);
    if (kind === "hub.get") {
      return Promise.resolve({
        name: "hf:org/name",
        commit: "",
        downloadedBytes: 0,
        note: "Offline",
      });
    }
    return Promise.reject(new Error(kind));
  };
  const store = createLookStore({ engine: { call }, similarity: {} } as never);
  store.setState({ connection: { kind: "open" } });
  expect(await store.getState().getModel("org/name")).toBe(false);
  expect(asked).toEqual([
    ["hub.get", { repository: "org/name" }],
    ["model.open", { path: "hf:org/name" }],
  ]);
  expect(store.getState().notices.map(({ message }) => message)).toContain("Offline");
});
