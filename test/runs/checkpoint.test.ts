import { cp, mkdir, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireLock } from "../../engine/runs/lock.ts";
import { writeCheckpoint } from "../../engine/runs/checkpoint.ts";
import {
  checkCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from "../../engine/runs/read-checkpoint.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors } from "../../engine/weights/safetensors.ts";
import {
  checkpoint,
  config,
  expectSameState,
  fullState,
  network,
  prefixed,
  removeFolder,
  temporaryFolder,
  tensors,
} from "./small-state.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

const checkpointsOf = async () => (await readdir(join(folder, "checkpoints"))).sort();

describe("a checkpoint", () => {
  test("gives back every tensor bit for bit, and what was told beside them", async () => {
    const written = checkpoint(100, { extra: { best: [1, null, "x"], nested: { a: 1.5 } } });
    const path = await writeCheckpoint({ folder }, written);
    expect(path).toBe(join(folder, "checkpoints", "step-000100"));
    const read = await readCheckpoint(path);
    expectSameState(read.state, written.state);
    expect(read.configs).toEqual({ student: config, teacher: config, gram: config });
    expect(read.preprocessor).toEqual(written.preprocessor);
    expect(read.info).toMatchObject({
      format: 1,
      step: 100,
      phase: "train",
      gramUpdates: 2,
      metricsBytes: 1234,
      elapsedSeconds: 5.25,
      extra: { best: [1, null, "x"], nested: { a: 1.5 } },
    });
  });

  test("has the published files, heads in the official spelling", async () => {
    const path = await writeCheckpoint({ folder }, checkpoint(100));
    expect((await readdir(path)).sort()).toEqual([
      "gram",
      "heads.safetensors",
      "optimizer.safetensors",
      "state.json",
      "student",
      "teacher",
    ]);
    const heads = await readSafetensors(join(path, "heads.safetensors"));
    expect([...heads.tensors.keys()]).toContain("student.dino_head.mlp.0.weight");
    expect([...heads.tensors.keys()]).toContain("teacher.ibot_head.last_layer.weight");
    expect([...heads.tensors.keys()]).toContain("student.adapter.weight");
    const optimizer = await readSafetensors(join(path, "optimizer.safetensors"));
    const prefixes = new Set([...optimizer.tensors.keys()].map((name) => name.split(".")[0]));
    expect([...prefixes].sort()).toEqual(["counts", "m", "v"]);
  });

  test("holds model directories that open on their own, also elsewhere", async () => {
    const path = await writeCheckpoint({ folder }, checkpoint(100, { name: "My run" }));
    for (const name of ["teacher", "student", "gram"]) {
      const alone = join(folder, `alone-${name}`);
      await cp(join(path, name), alone, { recursive: true });
      const model = await openModelFiles(alone);
      expect(model).toMatchObject({
        name: `My run, ${name} at step 100`,
        trained: true,
        config,
      });
      expect(model.note).toBeUndefined();
    }
  });

  test("of a run without a Gram teacher has no gram folder", async () => {
    const state = Object.fromEntries(
      Object.entries(fullState()).filter(([name]) => !name.startsWith("gram.")),
    );
    const path = await writeCheckpoint({ folder }, checkpoint(1, { state }));
    expect(await readdir(path)).not.toContain("gram");
    expectSameState((await readCheckpoint(path)).state, state);
  });

  test("of a distillation has several students and a teacher of another shape", async () => {
    const large = { ...config, width: 24, hidden: 32, feedForward: "swiglu" } as const;
    const state = {
      ...prefixed("teacher.", network(5, large)),
      ...prefixed("small.", network(6)),
      ...prefixed("tiny-1.", network(7)),
      ...tensors("tiny-1.adapter.", { weight: [24, 16] }, 8),
      ...tensors("m.small.backbone.", { cls: [1, 1, 16] }, 9),
    };
    const path = await writeCheckpoint(
      { folder },
      checkpoint(3, { state, configs: { teacher: large } }),
    );
    const read = await readCheckpoint(path);
    expectSameState(read.state, state);
    expect(read.configs).toEqual({ teacher: large, small: config, "tiny-1": config });
  });

  test("of the same step replaces the one that is there", async () => {
    await writeCheckpoint({ folder }, checkpoint(100));
    const state = fullState(77);
    const path = await writeCheckpoint({ folder }, checkpoint(100, { state }));
    expectSameState((await readCheckpoint(path)).state, state);
    expect(await checkpointsOf()).toEqual(["step-000100"]);
  });

  test("of a state that does not fit its configuration is a bug, and leaves nothing", async () => {
    const state = { ...fullState(), ...tensors("student.backbone.", { cls: [1, 1, 17] }, 1) };
    await writeCheckpoint({ folder }, checkpoint(1));
    await expect(writeCheckpoint({ folder }, checkpoint(2, { state }))).rejects.toThrow(
      "internal: student.backbone.cls is float32 [1, 1, 17]",
    );
    expect(await checkpointsOf()).toEqual(["step-000001"]);
  });
});

describe("a damaged checkpoint is refused with the file's name", () => {
  const cutShort = async (path: string) => truncate(path, (await stat(path)).size - 2);
  const remove = (path: string) => rm(path);
  const scribble = async (path: string) => {
    const bytes = await readFile(path);
    bytes.fill(0, 0, 64);
    await writeFile(path, bytes);
  };
  const otherModel = async (path: string) => {
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"hidden_size": 16', '"hidden_size": 32'));
  };
  const rows = [
    ["state.json", remove],
    ["state.json", cutShort],
    ["state.json", scribble],
    ["heads.safetensors", remove],
    ["heads.safetensors", cutShort],
    ["heads.safetensors", scribble],
    ["optimizer.safetensors", remove],
    ["optimizer.safetensors", cutShort],
    ["teacher/config.json", remove],
    ["teacher/model.safetensors", cutShort],
    ["student/model.safetensors", scribble],
    ["student/preprocessor_config.json", remove],
    ["student/config.json", scribble],
    ["gram/model.safetensors", remove],
  ] as const;
  test.each(rows)("%s %#", async (name, damage) => {
    const path = await writeCheckpoint({ folder }, checkpoint(100));
    await damage(join(path, name));
    for (const look of [readCheckpoint, checkCheckpoint]) {
      await expect(look(path)).rejects.toMatchObject({
        code: "run.damaged",
        message: expect.stringContaining(name.split("/")[0]!),
        hint: expect.any(String),
      });
    }
    await expect(readCheckpoint(path)).rejects.toThrow(join(path, name));
  });

  test("also where another configuration took a file's place", async () => {
    const path = await writeCheckpoint({ folder }, checkpoint(100));
    await otherModel(join(path, "student", "config.json"));
    await expect(readCheckpoint(path)).rejects.toMatchObject({
      code: "run.damaged",
      message: expect.stringContaining("hidden_size is 32 in config.json and 16 in the weights"),
    });
  });

  test("and one of a newer program as newer", async () => {
    const path = await writeCheckpoint({ folder }, checkpoint(100));
    await writeFile(join(path, "state.json"), '{"format":2}');
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: "run.version" });
    await writeCheckpoint({ folder }, checkpoint(99));
    await expect(latestCheckpoint({ folder })).rejects.toMatchObject({ code: "run.version" });
  });

  test("and no folder as missing", async () => {
    await expect(readCheckpoint(join(folder, "none"))).rejects.toMatchObject({
      code: "run.missing",
    });
  });
});

describe("the newest checkpoint", () => {
  test("is found by number, not by name", async () => {
    for (const step of [999_999, 1_000_000, 5]) await writeCheckpoint({ folder }, checkpoint(step));
    expect((await listCheckpoints({ folder })).map(({ step }) => step)).toEqual([
      5, 999_999, 1_000_000,
    ]);
    expect(await latestCheckpoint({ folder })).toMatchObject({ step: 1_000_000, damaged: [] });
  });

  test("is undefined before the first", async () => {
    expect(await latestCheckpoint({ folder })).toBeUndefined();
  });

  test("that is damaged is passed over and told of", async () => {
    await writeCheckpoint({ folder }, checkpoint(1));
    const newest = await writeCheckpoint({ folder }, checkpoint(2));
    await rm(join(newest, "heads.safetensors"));
    expect(await latestCheckpoint({ folder })).toMatchObject({
      step: 1,
      info: { step: 1 },
      damaged: [{ code: "run.damaged", message: expect.stringContaining("heads.safetensors") }],
    });
    // Computed again, it takes the place of the damaged one.
    await writeCheckpoint({ folder }, checkpoint(2));
    expect(await latestCheckpoint({ folder })).toMatchObject({ step: 2, damaged: [] });
  });

  test("is refused when none is whole", async () => {
    for (const step of [1, 2]) {
      const path = await writeCheckpoint({ folder }, checkpoint(step));
      await rm(join(path, "state.json"));
    }
    await expect(latestCheckpoint({ folder })).rejects.toMatchObject({
      code: "run.damaged",
      message: expect.stringContaining(join("step-000002", "state.json")),
    });
  });

  test("is not what a killed writer left, which only the next writer removes", async () => {
    await writeCheckpoint({ folder }, checkpoint(1));
    const leftover = ".step-000002.0123456789ab.tmp";
    await mkdir(join(folder, "checkpoints", leftover, "teacher"), { recursive: true });
    expect(await latestCheckpoint({ folder })).toMatchObject({ step: 1 });
    expect(await checkpointsOf()).toEqual([leftover, "step-000001"]);
    const lock = await acquireLock(folder);
    expect(await latestCheckpoint({ folder }, lock)).toMatchObject({ step: 1 });
    expect(await checkpointsOf()).toEqual(["step-000001"]);
  });
});
