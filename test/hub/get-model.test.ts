/** Models of the Hub against a server on loopback that speaks its protocol. */
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HubToken, type HubAccess } from "../../engine/hub/access.ts";
import { checkRoom, freeBytes } from "../../engine/hub/disk.ts";
import { findCached, getModel, type GetOptions } from "../../engine/hub/get-model.ts";
import { cachedModelPath, modelPath } from "../../engine/hub/model-name.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import {
  etagOf,
  firstCommit,
  gitHash,
  nobodyThere,
  repositoryId,
  sha256,
  startHub,
  type FakeHub,
  type HubFile,
} from "./hub-server.ts";

const weights: HubFile = { bytes: noise(300_000), isLarge: true };
const config: HubFile = { bytes: Buffer.from('{"model_type": "dinov3_vit"}\n') };
const readme: HubFile = { bytes: Buffer.from("# A small model\n") };
const secret = "hf_verySecretToken";

let hub: FakeHub;
let folder: string;
let access: HubAccess;

beforeEach(async () => {
  hub = await startHub({
    "README.md": readme,
    "config.json": config,
    "model.safetensors": weights,
    "pytorch_model.bin": { bytes: noise(1000), isLarge: true },
    "tf_model.h5": { bytes: noise(1000), isLarge: true },
    "onnx/model.onnx": { bytes: noise(1000), isLarge: true },
  });
  folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-hub-"));
  access = accessOf({});
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

describe("a download", () => {
  test("lies as the Hub's own client lays it, and holds what is needed", async () => {
    const got = await getModel(repository(), access, quick());
    const base = path.join(folder, "models--org--tiny-vit");
    expect(got.path).toBe(path.join(base, "snapshots", firstCommit));
    expect(got.downloadedBytes).toBe(got.sizeBytes);
    expect(await tree(base)).toEqual(
      [
        `blobs/${gitHash(readme.bytes)}`,
        `blobs/${gitHash(config.bytes)}`,
        `blobs/${sha256(weights.bytes)}`,
        "refs/main",
        `snapshots/${firstCommit}/README.md`,
        `snapshots/${firstCommit}/config.json`,
        `snapshots/${firstCommit}/model.safetensors`,
      ].sort(),
    );
    expect(await readFile(path.join(base, "refs/main"), "utf8")).toBe(firstCommit);
    expect(await readlink(path.join(got.path, "model.safetensors"))).toBe(
      path.join("..", "..", "blobs", sha256(weights.bytes)),
    );
    expect(weights.bytes.equals(await readFile(path.join(got.path, "model.safetensors")))).toBe(
      true,
    );
    expect(await readFile(path.join(got.path, "config.json"))).toEqual(config.bytes);
  });

  test("is not made again, nor where the Hub's own client made it", async () => {
    await layAsClient(config, readme, weights);
    const got = await getModel(repository(), access, quick());
    expect(got.downloadedBytes).toBe(0);
    expect(hub.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  test("of a new commit asks for what has changed alone", async () => {
    await getModel(repository(), access, quick());
    const changed = { bytes: Buffer.from("# The same model, explained\n") };
    hub.commit = "b".repeat(40);
    hub.files.set("README.md", changed);
    const got = await getModel(repository(), access, quick());
    expect(got.downloadedBytes).toBe(changed.bytes.length);
    expect(weights.bytes.equals(await readFile(path.join(got.path, "model.safetensors")))).toBe(
      true,
    );
    expect(got.path).toContain("b".repeat(40));
  });

  test("says how far it is, only forward", async () => {
    const fractions: number[] = [];
    await getModel(repository(), access, {
      ...quick(),
      progress: (fraction) => fractions.push(fraction),
    });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  test("goes by relative redirects of the Hub to its own cache", async () => {
    hub.faults.resolvesCache = true;
    const got = await getModel(repository(), access, quick());
    expect(await readFile(path.join(got.path, "config.json"))).toEqual(config.bytes);
  });

  test("of a revision with a slash is remembered under it", async () => {
    await getModel(repository("refs/pr/3"), access, quick());
    const ref = path.join(folder, "models--org--tiny-vit/refs/refs/pr/3");
    expect(await readFile(ref, "utf8")).toBe(firstCommit);
    expect((await findCached(repository("refs/pr/3"), folder))?.commit).toBe(firstCommit);
  });
});

describe("a connection that breaks", () => {
  test("is taken up where it ended", async () => {
    hub.faults.breaks = { times: 2, after: 100_000 };
    hub.files.delete("README.md");
    hub.files.delete("config.json");
    await getModel(repository(), access, quick());
    expect(weights.bytes.equals(await readFile(blobOf(weights)))).toBe(true);
    const asked = hub.requests.filter(({ isStore }) => isStore);
    const from = asked.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0));
    // What was on its way when the connection broke may be lost; nothing is asked for twice.
    expect(from).toHaveLength(3);
    expect(0 < from[1]! && from[1]! <= 100_000).toBe(true);
    expect(from[1]! < from[2]! && from[2]! <= 200_000).toBe(true);
  });

  test("for good keeps what came, and the next attempt goes on", async () => {
    const abort = new AbortController();
    const stopped = getModel(repository(), access, {
      ...quick(),
      signal: abort.signal,
      progress: (_, label) => {
        if (/model\.safetensors: [1-9]/.test(label)) abort.abort();
      },
    });
    await expectRefusal(stopped, "cancelled", /cancelled/);
    const partial = await readFile(`${blobOf(weights)}.incomplete`);
    expect(partial.length).toBeGreaterThan(0);
    expect(partial.length).toBeLessThan(weights.bytes.length);
    expect(partial.equals(weights.bytes.subarray(0, partial.length))).toBe(true);
    expect(await exists(path.join(folder, "models--org--tiny-vit/refs/main"))).toBe(false);
    hub.requests.length = 0;
    const got = await getModel(repository(), access, quick());
    const body = hub.requests.find(({ isStore }) => isStore);
    expect(body?.range).toBe(`bytes=${partial.length}-`);
    expect(weights.bytes.equals(await readFile(path.join(got.path, "model.safetensors")))).toBe(
      true,
    );
  });

  test("every time at the same byte ends with one message, and what came is kept", async () => {
    hub.faults.breaks = { times: Infinity, after: 0 };
    await expectRefusal(getModel(repository(), access, quick()), "hub.unreachable", /broke|ends/);
  });

  test("and a server that does no parts: from the start", async () => {
    await keepPart(weights.bytes.subarray(0, 70_000));
    hub.faults.ignoresRange = true;
    await getModel(repository(), access, quick());
    expect(weights.bytes.equals(await readFile(blobOf(weights)))).toBe(true);
  });

  test("and a server that refuses the part: from the start", async () => {
    await keepPart(weights.bytes.subarray(0, 70_000));
    hub.faults.refusesRange = true;
    await getModel(repository(), access, quick());
    expect(weights.bytes.equals(await readFile(blobOf(weights)))).toBe(true);
  });

  test("and a part that is not of this file, or too long: from the start", async () => {
    for (const part of [Buffer.alloc(70_000, 1), noise(400_000)]) {
      await keepPart(part);
      await getModel(repository(), access, quick());
      expect(weights.bytes.equals(await readFile(blobOf(weights)))).toBe(true);
      await rm(path.join(folder, "models--org--tiny-vit"), { recursive: true });
    }
  });

  test("without an end: given up after a while without a byte", async () => {
    hub.faults.stalls = true;
    await expectRefusal(getModel(repository(), access, quick()), "hub.unreachable", /no answer in/);
  });

  test("of a Hub in trouble: asked again", async () => {
    hub.faults.fails = { times: 2, status: 503 };
    const got = await getModel(repository(), access, quick());
    expect(got.files).toContain("model.safetensors");
    hub.faults.fails = { times: 100, status: 429 };
    await rm(folder, { recursive: true });
    await expectRefusal(getModel(repository(), access, quick()), "hub.unreachable", /too many/);
  });
});

describe("wrong bytes", () => {
  test.each([
    ["a large file, by SHA-256", ["model.safetensors"]],
    ["a small one, as git names it", ["config.json", "README.md"]],
  ])("%s: refused, and nothing of it is kept", async (_, names) => {
    for (const name of hub.files.keys()) if (!names.includes(name)) hub.files.delete(name);
    if (!hub.files.has("model.safetensors")) hub.files.set("model.safetensors", config);
    hub.faults.spoils = true;
    await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", /checksum/);
    expect(await tree(folder)).toEqual([]);
  });

  test.each([
    ["a Content-Length that is too small", { lengthOff: -1000 }, "hub.damaged", /299000 bytes/],
    ["a Content-Length that is too large", { lengthOff: 1000 }, "hub.damaged", /301000 bytes/],
    ["more than there should be", { extraBytes: 1 }, "hub.damaged", /more than the 300000 bytes/],
  ] as const)("%s: refused", async (_, faults, code, words) => {
    for (const name of ["config.json", "README.md"]) hub.files.delete(name);
    Object.assign(hub.faults, faults);
    await expectRefusal(getModel(repository(), access, quick()), code, words);
    expect(await exists(blobOf(weights))).toBe(false);
  });

  test("another part than was asked for: refused", async () => {
    await keepPart(weights.bytes.subarray(0, 70_000));
    hub.faults.wrongRange = true;
    await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", /another part/);
  });
});

describe("a listing", () => {
  test.each(["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:x", "a//b", ".", "a\0b", ""])(
    "with the file %j is refused, and nothing is written",
    async (name) => {
      hub.files.set(name, config);
      await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", /leads out/);
      expect(await tree(folder)).toEqual([]);
    },
  );

  test.each([
    ["that is no JSON", { rawListing: "<html>" }, /no JSON/],
    ["nested without end", { rawListing: "[".repeat(5_000_000) }, /no JSON/],
    ["without a commit", { listing: { siblings: [] } }, /without its commit/],
    ["whose commit is a path", { listing: { sha: "../../x", siblings: [] } }, /without its commit/],
    ["of 20 MB", { rawListing: Buffer.alloc(20_000_000, " ") }, /more than 16777216 bytes/],
  ])("%s is refused", async (_, faults, words) => {
    Object.assign(hub.faults, faults);
    await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", words);
    expect(await tree(folder)).toEqual([]);
  });

  test("without weights that are read names what there is", async () => {
    for (const name of ["model.safetensors", "pytorch_model.bin"]) hub.files.delete(name);
    await expectRefusal(getModel(repository(), access, quick()), "model.unknown", /tf_model\.h5/);
  });

  test.each([
    ["a checksum that is a path", { "X-Linked-Etag": '"../../../x"' }, /checksum/],
    ["no checksum", { "X-Linked-Etag": undefined, ETag: undefined }, /checksum/],
    ["no size", { "X-Linked-Size": "much", "Content-Length": undefined }, /without its size/],
    ["a size beyond reason", { "X-Linked-Size": "999999999999999" }, /is much/],
    ["another commit", { "X-Repo-Commit": "c".repeat(40) }, /for aaaa/],
  ])("of files with %s is refused", async (_, head, words) => {
    hub.faults.head = head;
    await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", words);
    expect(await tree(folder)).toEqual([]);
  });

  test("of more than the disk has room for is refused before anything comes", async () => {
    const free = await freeBytes(folder);
    const needed = 2 ** 40;
    await expect(checkRoom(folder, free! + 1)).rejects.toThrow(/free/);
    await expect(checkRoom(path.join(folder, "not/there"), 1)).resolves.toBeUndefined();
    if (free! >= needed) return;
    hub.files.delete("config.json");
    hub.files.delete("README.md");
    hub.faults.head = { "X-Linked-Size": String(needed) };
    await expectRefusal(getModel(repository(), access, quick()), "disk.full", /still to come/);
    expect(hub.requests.some(({ isStore }) => isStore)).toBe(false);
  });
});

describe("redirects", () => {
  test("in a circle end", async () => {
    hub.faults.loops = true;
    await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", /redirects/);
  });

  test.each(["file:///etc/passwd", "gopher://x/", "http://"])(
    "to %s are not followed",
    async (to) => {
      hub.faults.redirectTo = to;
      await expectRefusal(getModel(repository(), access, quick()), "hub.damaged", /redirect/);
    },
  );

  test("to a store that is not there: one message", async () => {
    hub.faults.redirectTo = await nobodyThere();
    await expectRefusal(
      getModel(repository(), access, quick()),
      "hub.unreachable",
      /refuses the connection/,
    );
  });

  test("to another origin are followed without the token", async () => {
    hub.faults.needs = `Bearer ${secret}`;
    await getModel(repository(), accessOf({ token: secret }), quick());
    const told = (isStore: boolean) =>
      new Set(
        hub.requests.filter((one) => one.isStore === isStore).map((one) => one.authorization),
      );
    expect(told(false)).toEqual(new Set([`Bearer ${secret}`]));
    expect(told(true)).toEqual(new Set([undefined]));
  });
});

describe("permission", () => {
  test.each([
    [{ status: 401, code: "GatedRepo" }, undefined, /accepted its terms/, /HF_TOKEN/],
    [{ status: 403, code: "GatedRepo" }, "hf_other", /accepted its terms/, /account of this token/],
    [{ status: 401, code: "RepoNotFound" }, undefined, /private or gated/, /HF_TOKEN/],
    [{ status: 401 }, "hf_other", /does not accept the token/, /settings\/tokens/],
  ])("refused with %j: says what to do", async (answer, token, words, hint) => {
    Object.assign(hub.faults, { needs: `Bearer ${secret}`, refusal: answer });
    const error = await expectRefusal(
      getModel(repository(), accessOf({ token }), quick()),
      "hub.denied",
      words,
    );
    expect(error.hint).toMatch(hint);
    expect(inspect(error, { depth: 9 })).not.toContain("hf_other");
  });

  test("a name that is not there, a revision that is not there", async () => {
    const there = getModel({ id: "org/other", revision: "main" }, access, quick());
    await expectRefusal(there, "hub.denied", /org\/other.*no such repository, or it is private/);
    await expectRefusal(getModel(repository("v9"), access, quick()), "hub.missing", /"v9"/);
  });

  test("a token shows in no print of what holds it, and a bad one is not repeated", () => {
    const held = accessOf({ token: secret });
    expect(inspect(held, { depth: 9, showHidden: true })).not.toContain(secret);
    expect(JSON.stringify(held)).not.toContain(secret);
    expect(() => new HubToken("one\r\nX-Other: two", "--token")).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("two") }),
    );
  });
});

describe("without the Hub", () => {
  test("what is there is used, and said so", async () => {
    const first = await getModel(repository(), access, quick());
    const away = { ...access, endpoint: await nobodyThere() };
    const second = await getModel(repository(), away, quick());
    expect(second.path).toBe(first.path);
    expect(second.note).toMatch(/cannot be reached/);
    hub.requests.length = 0;
    const offline = await getModel(repository(), { ...access, isOffline: true }, quick());
    expect(offline.path).toBe(first.path);
    expect(hub.requests).toEqual([]);
  });

  test("and with nothing there: one message", async () => {
    const away = { ...access, endpoint: await nobodyThere() };
    await expectRefusal(
      getModel(repository(), away, quick()),
      "hub.unreachable",
      /cannot be reached/,
    );
    const offline = { ...access, isOffline: true };
    await expectRefusal(getModel(repository(), offline, quick()), "hub.unreachable", /not in/);
  });

  test("a snapshot that lacks a shard is not taken for whole", async () => {
    const index = {
      weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" },
    };
    hub.files.delete("model.safetensors");
    hub.files.set("model.safetensors.index.json", { bytes: Buffer.from(JSON.stringify(index)) });
    hub.files.set("model-00001-of-00002.safetensors", { bytes: noise(10), isLarge: true });
    hub.files.set("model-00002-of-00002.safetensors", { bytes: noise(20), isLarge: true });
    const got = await getModel(repository(), access, quick());
    expect((await findCached(repository(), folder))?.path).toBe(got.path);
    await rm(path.join(got.path, "model-00002-of-00002.safetensors"));
    expect(await findCached(repository(), folder)).toBeUndefined();
  });
});

describe("links in the cache", () => {
  test("in place of a download: nothing is written through them", async () => {
    const victim = path.join(folder, "victim");
    await writeFile(victim, "mine");
    await mkdir(path.dirname(blobOf(weights)), { recursive: true });
    await symlink(victim, `${blobOf(weights)}.incomplete`);
    await expectRefusal(getModel(repository(), access, quick()), "path.unwritable", /link/);
    expect(await readFile(victim, "utf8")).toBe("mine");
  });

  test("in place of a blob or of a file: replaced, not followed", async () => {
    const victim = path.join(folder, "victim");
    await writeFile(victim, config.bytes);
    await mkdir(path.dirname(blobOf(config)), { recursive: true });
    await symlink(victim, blobOf(config));
    const snapshot = path.join(folder, "models--org--tiny-vit/snapshots", firstCommit);
    await mkdir(snapshot, { recursive: true });
    await symlink(victim, path.join(snapshot, "README.md"));
    const got = await getModel(repository(), access, quick());
    expect((await lstat(blobOf(config))).isFile()).toBe(true);
    expect(await readFile(path.join(got.path, "README.md"))).toEqual(readme.bytes);
    expect(await readFile(victim)).toEqual(config.bytes);
  });

  test.each(["blobs", "snapshots", "refs", `snapshots/${firstCommit}`])(
    "in place of the folder %s: refused",
    async (name) => {
      const elsewhere = path.join(folder, "elsewhere");
      await mkdir(elsewhere);
      const place = path.join(folder, "models--org--tiny-vit", name);
      await mkdir(path.dirname(place), { recursive: true });
      await symlink(elsewhere, place);
      await expectRefusal(getModel(repository(), access, quick()), "path.unwritable", /a link/);
      expect(await readdir(elsewhere)).toEqual([]);
    },
  );

  test("that lead out of it are not read as its model", async () => {
    const got = await getModel(repository(), access, quick());
    const outside = path.join(folder, "outside.safetensors");
    await writeFile(outside, "x");
    await rm(path.join(got.path, "model.safetensors"));
    await symlink(outside, path.join(got.path, "model.safetensors"));
    expect(await findCached(repository(), folder)).toBeUndefined();
  });
});

describe("names in place of paths", () => {
  test("hf: downloads, org/name takes what is there, a path stays", async () => {
    const options = () => quick();
    const asked = async () => access;
    expect(await cachedModelPath(repositoryId, asked)).toBe(repositoryId);
    const found = await modelPath(`hf:${repositoryId}#teacher`, options, asked);
    const snapshot = path.join(folder, "models--org--tiny-vit/snapshots", firstCommit);
    expect(found).toBe(`${snapshot}#teacher`);
    expect(await cachedModelPath(repositoryId, asked)).toBe(snapshot);
    expect(await cachedModelPath(`hf:${repositoryId}@main`, asked)).toBe(snapshot);
    expect(await modelPath("test/hub", options, asked)).toBe("test/hub");
    expect(await modelPath("../some/../model", options, asked)).toBe("../some/../model");
    await expectRefusal(cachedModelPath("hf:org/other", asked), "path.missing", /not in the Hub/);
  });
});

function repository(revision = "main") {
  return { id: repositoryId, revision };
}

function accessOf({ token }: { token?: string | undefined }): HubAccess {
  return {
    endpoint: hub.endpoint,
    cacheFolder: folder,
    token: token === undefined ? undefined : new HubToken(token, "--token"),
    isOffline: false,
  };
}

function quick(): GetOptions {
  return {
    signal: new AbortController().signal,
    progress: () => {},
    limits: { headersMs: 5000, stallMs: 300, retryMs: 1 },
  };
}

function blobOf(file: HubFile): string {
  return path.join(folder, "models--org--tiny-vit/blobs", etagOf(file));
}

async function keepPart(bytes: Buffer): Promise<void> {
  await mkdir(path.dirname(blobOf(weights)), { recursive: true });
  await writeFile(`${blobOf(weights)}.incomplete`, bytes);
}

/** As huggingface_hub 0.34 leaves it. */
async function layAsClient(...files: HubFile[]): Promise<void> {
  const base = path.join(folder, "models--org--tiny-vit");
  const names = new Map([...hub.files].map(([name, file]) => [file, name]));
  for (const part of ["blobs", "refs", `snapshots/${firstCommit}`, `.no_exist/${firstCommit}`]) {
    await mkdir(path.join(base, part), { recursive: true });
  }
  await writeFile(path.join(base, "refs/main"), firstCommit);
  for (const file of files) {
    await writeFile(path.join(base, "blobs", etagOf(file)), file.bytes);
    const pointer = path.join(base, "snapshots", firstCommit, names.get(file)!);
    await symlink(`../../blobs/${etagOf(file)}`, pointer);
  }
}

/** Files and links below a folder, by their paths. */
async function tree(below: string): Promise<string[]> {
  const entries = await readdir(below, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(below, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

async function expectRefusal(work: Promise<unknown>, code: string, words: RegExp) {
  const error = await work.then(
    () => expect.fail("it was not refused"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
  return error as EngineError;
}

/** The same bytes each time, without a pattern. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, state = length; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
