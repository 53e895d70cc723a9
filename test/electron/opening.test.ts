/** What becomes of paths from outside the page: photographs, models, folders of both, nothing at all. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Opened } from "../../electron/desktop.ts";
import { Inbox } from "../../electron/inbox.ts";
import { modelEndings, openPaths, sessionEnding as ending } from "../../electron/opening.ts";
import {
  mayAsk,
  openForPage,
  pageHandlers,
  rememberDropped,
  safeName,
  type PageContext,
} from "../../electron/page-requests.ts";
import { checkpointEndings } from "../../engine/checkpoints/open-checkpoint.ts";
import { sessionEnding } from "../../engine/protocol/session-file.ts";
import { RecentFiles } from "../../electron/recent.ts";

let folder: string;
const at = (name: string) => path.join(folder, name);
const bytes = (text: string) => new Uint8Array(Buffer.from(text));

function write(name: string, content = name): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}

beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "gramscope-opening-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("a path from outside", () => {
  test("photographs come with their bytes, together", async () => {
    const { opened, recent } = await openPaths([write("a.JPG"), write("b.png")]);
    expect(opened).toEqual([
      {
        kind: "images",
        files: [
          { name: "a.JPG", bytes: bytes("a.JPG"), path: at("a.JPG") },
          { name: "b.png", bytes: bytes("b.png"), path: at("b.png") },
        ],
      },
    ]);
    expect(recent.map(({ kind }) => kind)).toEqual(["image", "image"]);
  });

  test("a model is its folder, its weights or its index", async () => {
    write("model/config.json");
    const paths = [at("model"), write("w.safetensors"), write("w.safetensors.index.json")];
    const { opened } = await openPaths(paths);
    expect(opened).toEqual(paths.map((file) => ({ kind: "model", path: file })));
  });

  test("every kind of file that the engine opens is a model, whatever the case of its ending", async () => {
    expect(modelEndings).toEqual(expect.arrayContaining([...checkpointEndings]));
    const paths = modelEndings.flatMap((ending) => [
      write(`w${ending}`),
      write(`W${ending.toUpperCase()}`),
    ]);
    const { opened } = await openPaths(paths);
    expect(opened).toEqual(paths.map((file) => ({ kind: "model", path: file })));
  });

  test("a session is one by its ending, and is remembered", async () => {
    expect(ending).toBe(sessionEnding);
    const file = write(`view${ending}`);
    const session = { kind: "session", path: file };
    expect(await openPaths([file])).toEqual({ opened: [session], recent: [session] });
  });

  test.each([
    ["transformers' before safetensors", ["pytorch_model.bin"]],
    ["a distributed checkpoint", [".metadata", "__0_0.distcp"]],
    ["a run of ours", ["run.json", "checkpoints/step-000001/state.json"]],
    ["a checkpoint of a run of ours", ["state.json", "teacher/config.json"]],
    ["an official run", ["config.yaml", "ckpt/99/.metadata"]],
    ["an official run with evaluations", ["config.yaml", "eval/training_9/teacher_checkpoint.pth"]],
  ])("a model's folder is also %s", async (_, names) => {
    for (const name of names) write(`folder/${name}`);
    const { opened } = await openPaths([at("folder")]);
    expect(opened).toEqual([{ kind: "model", path: at("folder") }]);
  });

  test("photographs with arrays beside them are photographs", async () => {
    write("set/a.jpg");
    write("set/a.npy");
    const { opened } = await openPaths([at("set")]);
    expect(opened.map(({ kind }) => kind)).toEqual(["images"]);
  });

  test("a folder of photographs stands for them", async () => {
    write("photos/b.png");
    write("photos/a.jpg");
    write("photos/notes.txt");
    const { opened } = await openPaths([at("photos")]);
    expect(opened).toEqual([
      {
        kind: "images",
        files: ["a.jpg", "b.png"].map((name) => ({
          name,
          bytes: bytes(`photos/${name}`),
          path: at(`photos/${name}`),
        })),
      },
    ]);
  });

  test("a folder with both is a model, and says what was left", async () => {
    write("both/config.json");
    write("both/a.jpg");
    const { opened } = await openPaths([at("both")]);
    expect(opened).toEqual([
      { kind: "model", path: at("both") },
      problem(/holds a model and 1 photographs; the model was opened/),
    ]);
  });

  test.each([
    ["gone.jpg", /gone\.jpg is gone/],
    ["notes.txt", /notes\.txt is neither a photograph, a model nor a session/],
    ["empty", /empty holds neither a model nor photographs/],
  ])("%s is refused with what to do", async (name, message) => {
    write("notes.txt");
    mkdirSync(at("empty"));
    const { opened, recent } = await openPaths([at(name)]);
    expect({ opened, recent }).toEqual({ opened: [problem(message)], recent: [] });
  });

  test("one that is refused does not keep the others from opening", async () => {
    const { opened } = await openPaths([at("gone.jpg"), write("a.jpg"), write("notes.txt")]);
    expect(opened.map(({ kind }) => kind)).toEqual(["images", "problem", "problem"]);
  });
});

describe("recent files", () => {
  test("are newest first, once each, and no more than twelve", () => {
    const recent = new RecentFiles(at("recent.json"));
    for (let i = 0; i < 20; i++) recent.add("image", at(`${i % 15}.jpg`));
    expect(recent.list().map(({ name }) => name)).toEqual(
      [4, 3, 2, 1, 0, 14, 13, 12, 11, 10, 9, 8].map((i) => `${i}.jpg`),
    );
  });

  test("outlive the program, whole or not at all", () => {
    new RecentFiles(at("data/recent.json")).add("model", folder);
    expect(new RecentFiles(at("data/recent.json")).list()).toEqual([
      { kind: "model", path: folder, name: path.basename(folder), exists: true },
    ]);
    expect(readdirSync(at("data"))).toEqual(["recent.json"]);
  });

  test.each(["", "{", "null", '{"a":1}', '[1,{"kind":"virus","path":"/x"},null]'])(
    "a spoilt list counts as none: %s",
    (text) => {
      write("recent.json", text);
      expect(new RecentFiles(at("recent.json")).list()).toEqual([]);
    },
  );

  test("that cannot be written still open", () => {
    write("file");
    const recent = new RecentFiles(at("file/recent.json"));
    recent.add("image", at("a.jpg"));
    expect(recent.has(at("a.jpg"))).toBe(true);
  });
});

describe("what the page may ask", () => {
  test("an image that was chosen comes back; what else was chosen is told apart", async () => {
    const { context, delivered } = page({ images: [write("a.jpg"), write("notes.txt")] });
    const files = await pageHandlers(context)["open-images"]();
    expect(files).toEqual([{ name: "a.jpg", bytes: bytes("a.jpg"), path: at("a.jpg") }]);
    expect(delivered).toEqual([problem(/notes\.txt/)]);
    expect(context.recent.list().map(({ name }) => name)).toEqual(["a.jpg"]);
  });

  test("a model's folder comes back by its path and is remembered, another folder is not", async () => {
    write("model/config.json");
    const { context } = page({ folder: at("model") });
    expect(await pageHandlers(context)["open-model-folder"]()).toBe(at("model"));
    expect(context.recent.has(at("model"))).toBe(true);
    const other = page({ folder });
    await pageHandlers(other.context)["open-model-folder"]();
    expect(other.context.recent.has(folder)).toBe(false);
  });

  test("a folder that is there is shown where it lies, and nothing else", async () => {
    write("exported/README.md");
    const { context, revealed } = page({});
    const handlers = pageHandlers(context);
    await handlers["reveal-folder"](at("exported"));
    await handlers["reveal-folder"](at("exported/README.md"));
    await handlers["reveal-folder"](at("gone"));
    expect(revealed).toEqual([at("exported")]);
    await expect(handlers["reveal-folder"]("exported")).rejects.toThrow("internal");
    await expect(handlers["reveal-folder"](7)).rejects.toThrow("internal");
  });

  test("only a recent file opens by its path", async () => {
    const { context, delivered } = page({});
    const handlers = pageHandlers(context);
    const secret = write("secret.jpg");
    await expect(handlers["open-recent"](secret)).rejects.toThrow("internal");
    await expect(handlers["open-recent"](7)).rejects.toThrow("internal");
    context.recent.add("image", secret);
    await handlers["open-recent"](secret);
    expect(delivered).toEqual([{ kind: "images", files: [expect.anything()] }]);
  });

  test("a recent file that is gone is reported and leaves the list", async () => {
    const { context, delivered } = page({});
    context.recent.add("image", at("gone.jpg"));
    await pageHandlers(context)["open-recent"](at("gone.jpg"));
    expect(delivered).toEqual([
      {
        kind: "problem",
        message: `${at("gone.jpg")} is gone`,
        hint: expect.stringContaining("removed from the recent files"),
      },
    ]);
    expect(context.recent.list()).toEqual([]);
  });

  test("a file is saved whole, under a name that no system refuses", async () => {
    const { context, asked } = page({ save: at("map.png") });
    const handlers = pageHandlers(context);
    expect(await handlers["save-file"]("../../x/ma:p?.png", bytes("png"))).toBe(at("map.png"));
    expect(asked).toEqual(["ma_p_.png"]);
    expect(readFileSync(at("map.png"), "utf8")).toBe("png");
    await expect(handlers["save-file"]("x", "no bytes")).rejects.toThrow("internal");
    expect(readdirSync(folder)).toEqual(["map.png"]);
  });

  test("a save that fails leaves nothing half-written", async () => {
    mkdirSync(at("map.png"));
    const { context } = page({ save: at("map.png") });
    await expect(pageHandlers(context)["save-file"]("m", bytes("png"))).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["map.png"]);
  });

  test.each([
    ["..", "gramscope"],
    ["", "gramscope"],
    ["C:\\temp\\a.png", "a.png"],
    [".hidden", "hidden"],
  ])("a file named %j is offered as %j", (given, name) => expect(safeName(given)).toBe(name));

  test("a dropped photograph or model is remembered, anything else is not", async () => {
    const { context } = page({});
    for (const file of [write("a.jpg"), write("notes.txt"), at("gone.png"), "relative.jpg", 7]) {
      await rememberDropped(context.recent, file);
    }
    expect(context.recent.list().map(({ name }) => name)).toEqual(["a.jpg"]);
  });

  test("only the engine's page, in the main frame, is answered", () => {
    const engine = "http://127.0.0.1:4747/?token=secret";
    expect([
      mayAsk(engine, true, engine),
      mayAsk(engine, false, engine),
      mayAsk("https://evil.example/", true, engine),
      mayAsk("data:text/html,x", true, engine),
      mayAsk(undefined, true, engine),
      mayAsk(engine, true, undefined),
    ]).toEqual([true, false, false, false, false, false]);
  });
});

test("what is opened before the page listens waits for it, in order, and comes once", async () => {
  const sent: string[] = [];
  const inbox = new Inbox((opened) => sent.push(opened.kind));
  const { context } = page({});
  await openForPage({ ...context, deliver: (...o) => inbox.deliver(...o) }, [write("a.jpg")]);
  inbox.deliver({ kind: "model", path: "/m" });
  expect(sent).toEqual([]);
  inbox.pageListens();
  expect(sent).toEqual(["images", "model"]);
  inbox.pageLeft();
  inbox.deliver({ kind: "model", path: "/n" });
  expect(sent).toHaveLength(2);
  inbox.pageListens();
  expect(sent).toHaveLength(3);
});

function problem(message: RegExp) {
  return {
    kind: "problem",
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  };
}

function page(chosen: { images?: string[]; folder?: string; save?: string }) {
  const delivered: Opened[] = [];
  const asked: string[] = [];
  const revealed: string[] = [];
  const context: PageContext = {
    dialogs: {
      chooseImages: async () => chosen.images ?? [],
      chooseFolder: async () => chosen.folder,
      chooseSession: async () => undefined,
      chooseSave: async (name) => {
        asked.push(name);
        return chosen.save;
      },
    },
    recent: new RecentFiles(path.join(tmpdir(), `gramscope-recent-${process.pid}`, "recent.json")),
    deliver: (...opened) => void delivered.push(...opened),
    reveal: (folder) => void revealed.push(folder),
    engineState: () => ({ kind: "stopped" }),
  };
  context.recent.clear();
  return { context, delivered, asked, revealed };
}
