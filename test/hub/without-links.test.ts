/** Where the system makes no symbolic links, a snapshot holds the files themselves, as the Hub's client does. */
import * as files from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { getModel } from "../../engine/hub/get-model.ts";
import { repositoryId, startHub } from "./hub-server.ts";

// The one call that a system without links refuses; everything else is real.
vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof files>()),
  symlink: () => Promise.reject(Object.assign(new Error("EPERM: symlink"), { code: "EPERM" })),
}));

test("files are moved into the snapshot once, and not downloaded again", async () => {
  const weights = { bytes: Buffer.alloc(1000, 7), isLarge: true };
  const hub = await startHub({
    "model.safetensors": weights,
    "config.json": { bytes: Buffer.from("{}") },
  });
  const folder = await files.mkdtemp(path.join(os.tmpdir(), "gramscope-hub-"));
  try {
    const access = {
      endpoint: hub.endpoint,
      cacheFolder: folder,
      token: undefined,
      isOffline: false,
    };
    const options = { signal: new AbortController().signal, progress: () => {} };
    const wish = { id: repositoryId, revision: "main" };
    const got = await getModel(wish, access, options);
    const file = path.join(got.path, "model.safetensors");
    expect((await files.lstat(file)).isFile()).toBe(true);
    expect(weights.bytes.equals(await files.readFile(file))).toBe(true);
    expect(await files.readdir(path.join(folder, "models--org--tiny-vit/blobs"))).toEqual([]);
    expect((await getModel(wish, access, options)).downloadedBytes).toBe(0);
    const offline = await getModel(wish, { ...access, isOffline: true }, options);
    expect(offline.path).toBe(got.path);
  } finally {
    await hub.close();
    await files.rm(folder, { recursive: true });
  }
});
