/** What was dropped: photographs, models, folders of either, and what is neither. */
import { describe, expect, it } from "vitest";
import { checkpointEndings } from "../../engine/checkpoints/open-checkpoint.ts";
import { sortDropped } from "../../renderer/connection/dropped-files.ts";

const dropped = (...paths: string[]) =>
  sortDropped(paths.map((path) => ({ path, file: new File([], path.split("/").at(-1)!) })));
const names = (files: readonly { path: string }[]) => files.map(({ path }) => path);

describe("dropped files", () => {
  it("a folder with photographs and a model is both, and its notes are neither", () => {
    const { images, models, others } = dropped(
      "vit/config.json",
      "vit/model.safetensors",
      "vit/README.md",
      "vit/figures/a.PNG",
      "vit/figures/b.jpeg",
    );
    expect([names(images), models, names(others)]).toEqual([
      ["vit/figures/a.PNG", "vit/figures/b.jpeg"],
      ["vit"],
      [],
    ]);
  });

  it("a checkpoint alone is a model, in shards it is one model", () => {
    expect(dropped("vit.safetensors").models).toEqual(["vit.safetensors"]);
    expect(dropped("old.pth").models).toEqual(["old.pth"]);
    const sharded = dropped("m/a-1.safetensors", "m/a-2.safetensors", "m/a.safetensors.index.json");
    expect(sharded.models).toEqual(["m"]);
  });

  it("a text file alone is left to the engine, which says what is wrong with it", () => {
    expect(names(dropped("notes.txt").others)).toEqual(["notes.txt"]);
  });

  it("a photograph without an ending is known by its type", () => {
    const file = new File([], "scan", { type: "image/png" });
    expect(names(sortDropped([{ path: "scan", file }]).images)).toEqual(["scan"]);
  });

  it("every container that the engine opens is a model, and a session is a session", () => {
    const files = checkpointEndings.map((end) => `w${end}`);
    expect(dropped(...files, "x.bin.index.json").models).toEqual([...files, "x.bin.index.json"]);
    const { sessions, others } = dropped("view.gramscope.json");
    expect(sessions.map(({ path }) => path)).toEqual(["view.gramscope.json"]);
    expect(others).toEqual([]);
  });
});
