/** Sessions as files: written beside what they name, moved, changed, emptied and forged. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path, { posix, win32 } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  embeddedLimits,
  type SessionDraft,
  type SessionFile,
} from "../../engine/protocol/session-file.ts";
import { findItems, type Box } from "../../engine/session-files/find-session.ts";
import { fingerprintModel } from "../../engine/session-files/fingerprint.ts";
import { parseSession, readSession } from "../../engine/session-files/read-session.ts";
import {
  describeSession,
  sessionPathOf,
  sessionText,
  writeSession,
} from "../../engine/session-files/save-session.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import { guessed, resolved, written } from "../../engine/session-files/session-paths.ts";

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);
const photo = (text: string) => Buffer.from(`a photograph of ${text}`);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-session-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(file: string, bytes: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

async function putModel(name: string, weights: string | Uint8Array = `weights of ${name}`) {
  await put(at(name, "config.json"), "{}");
  await put(at(name, "model.safetensors"), weights);
  return at(name);
}

const box = (): Box => ({ samples: ["cat"], models: new Map([["small", at("box", "small")]]) });
const layout = {
  direction: "down",
  isSwapped: true,
  left: true,
  right: false,
  gram: true,
} as const;

/** Models "models/a" and "models/b", photographs "pictures/*.png" and one without a path. */
async function saved(): Promise<{ file: string; session: SessionFile; notes: string[] }> {
  await putModel("box/small");
  const models = [await putModel("models/a"), await putModel("models/b"), at("box", "small")];
  const open = new Map([
    ["i1", photo("x")],
    ["i2", photo("y")],
    ["i3", photo("z")],
  ]);
  await put(at("pictures", "x.png"), open.get("i1")!);
  await put(at("pictures", "y.png"), open.get("i2")!);
  const draft: SessionDraft = {
    view: "probe=pca&photograph=p1",
    layout,
    photographs: [
      { id: "p1", kind: "own", name: "x.png", path: at("pictures", "x.png"), image: "i1" },
      { id: "p2", kind: "own", name: "y.png", path: at("pictures", "y.png"), image: "i2" },
      { id: "p3", kind: "own", name: "z.png", image: "i3" },
      { id: "p4", kind: "sample", name: "cat" },
    ],
    models: models.map((one, index) => ({ id: `m${index + 1}`, path: one, name: `M${index + 1}` })),
  };
  const file = sessionPathOf(at("view"));
  const context = { box: box(), version: "0", bytesOf: (id: string) => open.get(id)! };
  const { session, notes } = await describeSession(draft, file, context);
  await writeSession(file, session);
  return { file, session, notes };
}

const look = async (file: string, moved: { id: string; path: string }[] = []) =>
  findItems(await readSession(file), path.dirname(file), box(), moved);
const states = (items: Awaited<ReturnType<typeof look>>) =>
  Object.fromEntries(items.map(({ id, state }) => [id, state]));

describe("a session's file", () => {
  test("names what lies below it by a relative path, the box by name, and holds what has no path", async () => {
    const { file, session, notes } = await saved();
    expect(file).toBe(at("view.gramscope.json"));
    expect(await readSession(file)).toEqual(session);
    expect(session.models.map((one) => one.path)).toEqual(["models/a", "models/b", "box:small"]);
    expect(session.photographs.map((one) => (one.kind === "own" ? one.path : one.name))).toEqual([
      "pictures/x.png",
      "pictures/y.png",
      undefined,
      "cat",
    ]);
    expect(session.photographs[2]).toMatchObject({ base64: photo("z").toString("base64") });
    expect(notes).toEqual([]);
    const items = await look(file);
    expect(new Set(items.map(({ state }) => state))).toEqual(new Set(["found"]));
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("has pictures of labels as it has photographs, and says what became of each", async () => {
    await put(at("pictures", "x-labels.png"), "classes of x");
    const bytes = (text: string) => toWireTensor(new Uint8Array(Buffer.from(text)), [text.length]);
    const draft: SessionDraft = {
      view: "",
      layout,
      photographs: [
        { id: "p1", kind: "own", name: "x.png", image: "i1" },
        { id: "p2", kind: "sample", name: "cat" },
      ],
      labels: [
        {
          id: "l1",
          of: "p1",
          name: "x-labels.png",
          path: at("pictures", "x-labels.png"),
          bytes: bytes("classes of x"),
        },
        {
          id: "l2",
          of: "p2",
          name: "cat-labels.png",
          bytes: bytes("classes of the cat"),
          classes: ["ground", "cat"],
        },
      ],
      models: [],
    };
    const file = sessionPathOf(at("view"));
    const context = { box: box(), version: "0", bytesOf: () => photo("x") };
    const { session, notes } = await describeSession(draft, file, context);
    await writeSession(file, session);
    expect(notes).toEqual([]);
    expect(session.labels).toMatchObject([
      { id: "l1", of: "p1", path: "pictures/x-labels.png", sizeBytes: 12 },
      {
        id: "l2",
        of: "p2",
        base64: Buffer.from("classes of the cat").toString("base64"),
        classes: ["ground", "cat"],
      },
    ]);
    expect(states(await look(file))).toEqual({
      p1: "found",
      p2: "found",
      l1: "found",
      l2: "found",
    });
    await writeFile(at("pictures", "x-labels.png"), "classes of y!");
    const [changed] = (await look(file)).filter(({ id }) => id === "l1");
    expect(changed).toMatchObject({ kind: "labels", state: "changed", name: "x-labels.png" });
    expect(changed!.why).toMatch(/12 bytes then, 13 now/);
    await writeFile(at("pictures", "x-labels.png"), "classes of x");
    await rename(at("pictures"), at("renamed"));
    expect(states(await look(file))).toMatchObject({ l1: "missing", l2: "found" });
    const again = await look(file, [{ id: "l1", path: at("renamed", "x-labels.png") }]);
    expect(again.find(({ id }) => id === "l1")).toMatchObject({ state: "found" });

    const lost = { ...session, labels: [{ ...session.labels![0]!, of: "p9" }] };
    expect(() => parseSession(JSON.stringify(lost), "lost")).toThrow(
      /labels of a photograph that it has; l1 are of p9/,
    );
    // As sessions were before.
    const { labels: _, ...before } = session;
    expect(parseSession(JSON.stringify(before), "before")).toEqual(before);
  });

  test("goes with its folder", async () => {
    const { file } = await saved();
    await mkdir(at("elsewhere"));
    for (const name of ["models", "pictures"]) await rename(at(name), at("elsewhere", name));
    await rename(file, at("elsewhere", "view.gramscope.json"));
    const items = await look(at("elsewhere", "view.gramscope.json"));
    expect(new Set(items.map(({ state }) => state))).toEqual(new Set(["found"]));
    expect(items.find(({ id }) => id === "m2")?.path).toBe(at("elsewhere", "models", "b"));
  });

  test("says what moved, and finds beside one that a person found what moved with it", async () => {
    const { file } = await saved();
    await rename(at("models"), at("renamed"));
    const items = await look(file);
    expect(states(items)).toMatchObject({ p1: "found", m1: "missing", m2: "missing", m3: "found" });
    expect(items.find(({ id }) => id === "m1")?.why).toMatch(/models.a: nothing is there/);
    const again = await look(file, [{ id: "m2", path: at("renamed", "b") }]);
    expect(states(again)).toMatchObject({ m1: "found", m2: "found" });
    expect(again.find(({ id }) => id === "m1")?.path).toBe(at("renamed", "a"));
  });

  test("says what changed, and by how much", async () => {
    const { file } = await saved();
    await writeFile(at("pictures", "x.png"), photo("something else"));
    await writeFile(at("models", "b", "model.safetensors"), "WEIGHTS of models/b");
    const items = await look(file);
    expect(states(items)).toMatchObject({ p1: "changed", p2: "found", m1: "found", m2: "changed" });
    expect(items.find(({ id }) => id === "p1")?.why).toMatch(/17 bytes then, 30 now/);
  });

  test("leaves a photograph outside that is too large, and says so; beside the session it is found", async () => {
    const bytes = Buffer.alloc(embeddedLimits.one + 1, 7);
    const draft: SessionDraft = {
      view: "",
      layout,
      photographs: [{ id: "p1", kind: "own", name: "large.png", image: "i1" }],
      models: [],
    };
    const context = { box: box(), version: "0", bytesOf: () => bytes };
    const bare = await describeSession(draft, at("view.gramscope.json"), context);
    expect(bare.notes.join()).toMatch(
      /large\.png \(8\.0 MB\) is named in the session and not inside/,
    );
    expect(bare.session.photographs[0]).not.toHaveProperty("base64");
    expect(states(await findItems(bare.session, folder, box(), []))).toEqual({ p1: "missing" });
    await put(at("large.png"), bytes);
    const found = await describeSession(draft, at("view.gramscope.json"), context);
    expect(found.notes).toEqual([]);
    expect(found.session.photographs[0]).toMatchObject({ path: "large.png" });
  });

  test("a run is known by its checkpoint: another step is no change, the same step anew is one", async () => {
    await putModel("run/steps/one");
    const draft: SessionDraft = {
      view: "step=1",
      layout,
      photographs: [],
      models: [],
      run: { path: at("run"), checkpoint: at("run", "steps", "one") },
    };
    const context = { box: box(), version: "0", bytesOf: () => Buffer.alloc(0) };
    const { session } = await describeSession(draft, at("view.gramscope.json"), context);
    expect(session.run).toMatchObject({ path: "run", checkpoint: "steps/one" });
    const state = async () => (await findItems(session, folder, box(), [])).at(-1);
    await putModel("run/steps/two");
    expect((await state())?.state).toBe("found");
    await putModel("run/steps/one", "other weights");
    expect((await state())?.state).toBe("changed");
    await rm(at("run", "steps", "one"), { recursive: true });
    expect((await state())?.state).toBe("changed");
    await rm(at("run"), { recursive: true });
    expect((await state())?.state).toBe("missing");
  });
});

describe("what a model is", () => {
  test("of a large file the header, and blocks over all of it, count", async () => {
    const weights = Buffer.alloc(16 * 2 ** 20);
    weights.writeBigUInt64LE(100n, 0);
    const model = await putModel("large", weights);
    const first = await fingerprintModel(model);
    expect(first.sizeBytes).toBe(weights.length);
    expect(await fingerprintModel(model)).toEqual(first);
    // A training step touches every weight; here a quarter of a percent of the file, a block apart.
    for (const part of [0.2, 0.5, 1]) {
      const other = Buffer.from(weights);
      const end = Math.floor(other.length * part);
      other.fill(1, end - 2 ** 18, end);
      await writeFile(path.join(model, "model.safetensors"), other);
      expect((await fingerprintModel(model)).sha256).not.toBe(first.sha256);
    }
    await writeFile(path.join(model, "model.safetensors"), weights);
    await writeFile(path.join(model, "config.json"), '{"changed":true}');
    expect((await fingerprintModel(model)).sha256).not.toBe(first.sha256);
  });
});

describe("paths", () => {
  test.each([
    [posix, "/srv/a/views", "/srv/a/views/m/x.png", "m/x.png"],
    [posix, "/srv/a/views", "/srv/a/models/x", "../models/x"],
    [posix, "/srv/a/views", "/srv/b/x", "/srv/b/x"],
    [posix, "/views", "/etc/x", "/etc/x"],
    [posix, "/srv/a/views", "hf:org/name", "hf:org/name"],
    [posix, "/srv/a/views", "/srv/a/views/x.pth#teacher", "x.pth#teacher"],
    [win32, "C:\\a\\views", "C:\\a\\views\\m\\x.png", "m/x.png"],
    [win32, "C:\\a\\views", "C:\\a\\models\\x", "../models/x"],
    [win32, "C:\\a\\views", "D:\\models\\x", "D:\\models\\x"],
  ])("are written relative where they are near (%#)", (system, from, to, expected) => {
    expect(written(from, to, system)).toBe(expected);
    expect(resolved(from, expected, system)).toBe(to);
  });

  test("of another system are nowhere here", () => {
    expect(resolved("/home", "C:\\models\\x", posix)).toBeUndefined();
    expect(resolved("C:\\home", "m/x", win32)).toBe("C:\\home\\m\\x");
  });

  test.each([
    ["/a/m/one", "/b/m/one", "/a/m/two", ["/b/m/two"]],
    ["/a/m/one", "/b/renamed", "/a/m/two", ["/b/two"]],
    ["C:\\a\\m\\one", "/b/m/one", "C:\\a\\pictures\\x.png", ["/b/pictures/x.png"]],
    ["/a/m/one", "/b/m/one", "/c/two", []],
  ])("of what moved together are guessed (%#)", (told, found, other, expected) => {
    expect(guessed(told, found, other)).toEqual(expected);
  });
});

describe("a hostile session", () => {
  const whole = {
    gramscope: "session",
    version: 1,
    program: "0",
    written: "now",
    view: "",
    layout,
    photographs: [],
    models: [],
  };
  const own = { id: "p1", kind: "own", name: "x", sha256: "0".repeat(64), sizeBytes: 1 };

  test.each([
    ["no JSON", "{", /which is JSON/],
    ["something else's JSON", "[]", /says "gramscope": "session"/],
    ["a later version", { ...whole, version: 2 }, /received version 2/],
    ["a view that is no text", { ...whole, view: 7 }, /view: /],
    [
      "a path with a control character",
      { ...whole, models: [{ id: "m1", name: "m", path: "a\u0000b" }] },
      /models\.0\.path: expected no control/,
    ],
    ["a hash that is none", { ...whole, photographs: [{ ...own, sha256: "../x" }] }, /sha256/],
    ["a negative size", { ...whole, photographs: [{ ...own, sizeBytes: -1 }] }, /sizeBytes/],
    ["one id twice", { ...whole, photographs: [own, own] }, /every id once/],
    [
      "too many models",
      {
        ...whole,
        models: Array.from({ length: 301 }, (_, i) => ({ id: `m${i}`, name: "m", path: "m" })),
      },
      /models/,
    ],
    ["bytes that are no base64", { ...whole, photographs: [{ ...own, base64: "<>" }] }, /base64/],
  ])("%s is refused", (_what, value, message) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    expect(() => parseSession(text, "x.gramscope.json")).toThrow(message);
  });

  test("has no other machine asked, and no device read", async () => {
    const paths = ["\\\\host\\share\\x", "//host/share/x", "/dev/zero", "C:\\x"];
    for (const told of paths) {
      const session = parseSession(
        JSON.stringify({ ...whole, photographs: [{ ...own, path: told }] }),
        "x",
      );
      const [item] = await findItems(session, folder, box(), []);
      expect(item).toMatchObject({ state: "missing", told });
    }
  });

  test("a photograph that was exchanged inside is told", async () => {
    const { session, file } = await saved();
    const forged = structuredClone(session);
    Object.assign(forged.photographs[2]!, { base64: photo("b").toString("base64") });
    await writeFile(file, sessionText(forged));
    expect(states(await look(file))).toMatchObject({ p3: "changed" });
    expect(await readFile(file, "utf8")).toContain('"gramscope": "session"');
  });
});
