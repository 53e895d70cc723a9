/** Bad input on the command line: one clear message, exit 2, and nothing left behind. */
import { chmod, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { refuse } from "../../engine/cli/refuse.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { badImages, badModels, withBadModel } from "../support/bad-inputs.ts";
import { gramscope, inFolder, type Ended } from "../support/command-line.ts";
import { bundledModel, samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";

const model = path.join(fixtures, "mlp");
const image = path.join(samples, "chelsea.jpg");
const isRoot = process.getuid?.() === 0;

/** One sentence, at most one hint, no stack, and nothing where results go. */
function expectRefusal({ code, stdout, stderr }: Ended, words: readonly RegExp[]): void {
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines.length, stderr).toBeLessThanOrEqual(2);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toMatch(/internal|undefined|\[object/);
  for (const word of words) expect(lines[0]).toMatch(word);
}

describe("a model", () => {
  test.concurrent.each(badModels.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    await inFolder(async (folder, names) => {
      const ended = await withBadModel(bad, (where) =>
        gramscope(
          [
            "features",
            "--device",
            "cpu",
            "--model",
            where,
            "--image",
            image,
            "--out",
            "f.safetensors",
          ],
          { cwd: folder },
        ),
      );
      expectRefusal(ended, bad.words);
      expect(await names()).toEqual([]);
    });
  });

  test.skipIf(isRoot)(
    "that may not be read (skipped for root, who may read everything)",
    async () => {
      await inFolder(async (folder) => {
        const locked = path.join(folder, "locked");
        await cp(model, locked, { recursive: true });
        await chmod(path.join(locked, "model.safetensors"), 0);
        const out = path.join(folder, "f.safetensors");
        const args = ["features", "--model", locked, "--image", image, "--out", out];
        expectRefusal(await gramscope(args), [/model\.safetensors/, /cannot be read|permission/]);
      });
    },
  );
});

describe("an image", () => {
  const map = (file: string, ...more: string[]) => [
    "map",
    "norm",
    "--device",
    "cpu",
    "--model",
    model,
    "--image",
    file,
    ...more,
  ];

  test.concurrent.each(badImages.map((bad) => [bad.what, bad] as const))("%s", async (_, bad) => {
    await inFolder(async (folder, names) => {
      await writeFile(path.join(folder, bad.name), bad.bytes(await readFile(image)));
      const size = bad.size === undefined ? [] : ["--size", bad.size];
      const args = map(bad.name, ...size, "--out", "map.png");
      expectRefusal(await gramscope(args, { cwd: folder }), bad.words);
      expect(await names()).toEqual([bad.name]);
    });
  });

  test.concurrent.each<[what: string, file: string, words: RegExp[]]>([
    ["a path that does not exist", "no-such.jpg", [/no-such\.jpg: no such file/]],
    ["a folder", samples, [/cannot be read: it is a folder/]],
    ["a file as a folder", path.join(image, "x.jpg"), [/no such file/]],
  ])("%s", async (_, file, words) => {
    await inFolder(async (folder, names) => {
      expectRefusal(await gramscope(map(file, "--out", "map.png"), { cwd: folder }), words);
      expect(await names()).toEqual([]);
    });
  });

  test.skipIf(isRoot)(
    "that may not be read (skipped for root, who may read everything)",
    async () => {
      await inFolder(async (folder) => {
        const file = path.join(folder, "locked.jpg");
        await writeFile(file, await readFile(image), { mode: 0 });
        const out = path.join(folder, "map.png");
        expectRefusal(await gramscope(map(file, "--out", out)), [/locked\.jpg/, /cannot be read/]);
      });
    },
  );
});

describe("an output", () => {
  const map = (out: string) => [
    "map",
    "norm",
    "--device",
    "cpu",
    "--model",
    model,
    "--image",
    image,
    "--out",
    out,
  ];

  test.concurrent.each<[what: string, out: string, words: RegExp[]]>([
    ["in a folder that does not exist", "nowhere/map.png", [/nowhere\/map\.png/, /does not exist/]],
    ["that is a folder", "folder", [/folder: expected a file name, this is a folder/]],
    ["below a file", "file.txt/map.png", [/file\.txt is a file/]],
  ])("%s is refused before any work is done", async (_, out, words) => {
    await inFolder(async (folder, names) => {
      await mkdir(path.join(folder, "folder"));
      await writeFile(path.join(folder, "file.txt"), "");
      // A model that is not there would be the complaint if it were looked at first.
      const args = map(out).map((arg) => (arg === model ? "no-such-model" : arg));
      expectRefusal(await gramscope(args, { cwd: folder }), words);
      expect(await names()).toEqual(["file.txt", "folder"]);
    });
  });

  test.concurrent("that is the photograph itself is refused, by whatever name", async () => {
    await inFolder(async (folder) => {
      const bytes = await readFile(image);
      await writeFile(path.join(folder, "photo.jpg"), bytes);
      await symlink("photo.jpg", path.join(folder, "link.jpg"));
      const look = ["--device", "cpu", "--model", model, "--image", "photo.jpg"];
      for (const verb of [["map", "norm"], ["features"]]) {
        const run = gramscope([...verb, ...look, "--out", "link.jpg"], { cwd: folder });
        expectRefusal(await run, [/link\.jpg: this is what is read \(photo\.jpg\)/]);
      }
      expect(await readFile(path.join(folder, "photo.jpg"))).toEqual(bytes);
    });
  });

  test.skipIf(process.platform !== "linux")(
    "that the system refuses only when it is written (skipped where there is no /proc)",
    async () => {
      const look = ["--device", "cpu", "--model", model, "--image", image, "--out", "/proc/result"];
      for (const verb of [["map", "norm"], ["features"]]) {
        const words = [/^\/proc\/result: cannot be written: /];
        expectRefusal(await gramscope([...verb, ...look]), words);
      }
    },
  );

  test.skipIf(isRoot)("in a folder that may not be written to (skipped for root)", async () => {
    await inFolder(async (folder) => {
      await chmod(folder, 0o555);
      expectRefusal(await gramscope(map(path.join(folder, "map.png"))), [/cannot be written to/]);
      await chmod(folder, 0o755);
    });
  });
});

describe("a word on the command line", () => {
  const look = ["--device", "cpu", "--model", model, "--image", image, "--out", "out"];
  test.concurrent.each<[args: string[], words: RegExp[]]>([
    [["dance"], [/unknown command 'dance'/]],
    [["features", "--model", "m", "--image", "i"], [/required option '--out <file>'/]],
    [["features", ...look, "--speed", "9"], [/unknown option '--speed'/]],
    [
      ["features", ...look, "--layer", "top"],
      [/--layer: expected last, or a block/, /"top"/],
    ],
    [["features", ...look, "--layer", "3"], [/layer: expected 0 to 2 for fixture mlp, received 3/]],
    [["features", ...look, "--size", "big"], [/size: expected native, model, .* received "big"/]],
    [["features", ...look, "--size", "5000"], [/size: expected .*1 to 4096 px.* received "5000"/]],
    [["features", ...look, "--device", "tpu"], [/--device: expected one of auto, webgpu.*"tpu"/]],
    [
      ["features", ...look, "--rope", "fp8"],
      [/--rope: expected one of fp32, bf16; received "fp8"/],
    ],
    [["map", "magic", ...look], [/map: expected one of cosine, pca, gram.*; received "magic"/]],
    [["map", ...look], [/missing required argument 'probe'/]],
    [["map", "cosine", ...look], [/cosine: expected a query, received none/]],
    [
      ["map", "cosine", ...look, "--patch", "4,0"],
      [/row 0 to 3 and column 0 to 5 of the 4x6 grid, received row 4, column 0/],
    ],
    [["map", "cosine", ...look, "--patch", "1;2"], [/--patch: expected ROW,COL.*; received "1;2"/]],
    [
      ["map", "cosine", ...look, "--patch", "99999999999999999999,0"],
      [/--patch: expected ROW,COL/],
    ],
    [
      ["map", "cosine", ...look, "--box", "0,0,999,999"],
      [/--box: expected at most 65,536 patches/],
    ],
    [
      ["map", "pca", ...look, "--preset", "pretty"],
      [/--preset: expected one of raw, whitened, foreground; received "pretty"/],
    ],
    [
      ["map", "pca", ...look, "--signs", "8"],
      [/--signs: expected a whole number, 0 to 7; received "8"/],
    ],
    [
      ["map", "pca", ...look, "--order", "011"],
      [/--order: expected one of 012, .*222; received "011"/],
    ],
    [
      ["map", "gram", ...look, "--order", "012"],
      [/--order: expected one of raster, cluster; received "012"/],
    ],
    [
      ["map", "gram", ...look, "--side", "5000"],
      [/--side: expected a whole number, 16 to 4096; received "5000"/],
    ],
    [
      ["map", "kmeans", ...look, "--k", "65"],
      [/--k: expected a whole number, 2 to 64; received "65"/],
    ],
    [["map", "kmeans", ...look, "--seed", "1e400"], [/--seed: expected a whole number/]],
    [["map", "attention", ...look, "--head", "2"], [/head: expected 0 to 1 or mean, received 2/]],
    [["map", "attention", ...look, "--head", "2000"], [/attention, head: /]],
    [
      ["map", "attention", ...look, "--token", "register:4"],
      [/register: expected 0 to 3, received 4/],
    ],
    [
      ["map", "attention", ...look, "--token", "mask"],
      [/--token: expected cls, register:N or ROW,COL; received "mask"/],
    ],
    [
      ["map", "norm", ...look, "--colormap", "jet"],
      [/--colormap: expected one of viridis.*; received "jet"/],
    ],
    [
      ["map", "norm", ...look, "--overlay", "2"],
      [/--overlay: expected a number from 0 to 1; received "2"/],
    ],
    [["inspect", "no-such-thing"], [/no-such-thing/]],
    [
      ["serve", "--port", "70000"],
      [/--port: expected a whole number, 0 to 65535; received "70000"/],
    ],
    [["serve", "--token", ""], [/--token: expected some text/]],
    [
      ["bench", "--models", "resnet50"],
      [/--models: expected one of .*dinov3_vits16.*; received "resnet50"/],
    ],
    [["bench", "--sizes", "100"], [/--sizes: expected multiples of 16 up to 4096; received "100"/]],
  ])("%o", async (args, words) => {
    await inFolder(async (folder, names) => {
      expectRefusal(await gramscope(args, { cwd: folder }), words);
      expect(await names()).toEqual([]);
    });
  });

  test.concurrent("with --json the refusal is one object on the output stream", async () => {
    const [path404, option] = await Promise.all([
      gramscope(["inspect", "no-such-thing", "--json"]),
      gramscope(["map", "norm", "--json", "--nonsense"]),
    ]);
    for (const { code, stderr } of [path404, option])
      expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    expect(JSON.parse(path404.stdout)).toEqual({
      error: {
        code: "path.missing",
        message: expect.stringContaining("no-such-thing") as string,
        hint: expect.any(String) as string,
      },
    });
    expect(JSON.parse(option.stdout)).toMatchObject({ error: { code: "option.invalid" } });
  });
});

test("Ctrl-C in the middle of the work ends it, and leaves nothing behind", async () => {
  await inFolder(async (folder, names) => {
    // More than a TFLOP: not over in a second on any machine.
    const args = ["features", "--device", "cpu", "--model", bundledModel, "--image", image];
    const size = ["--size", "2048x2048", "--out", "f.safetensors"];
    const running = gramscope([...args, ...size], { cwd: folder, interruptAfterMs: 1200 });
    const { code, stdout, stderr } = await running;
    // On a machine so slow that the model is not open yet, the signal itself ends the process.
    expect({ code, stdout, stderr }).toEqual(
      code === null
        ? { code, stdout: "", stderr: "" }
        : { code: 130, stdout: "", stderr: "The forward pass was cancelled\n" },
    );
    expect(await names()).toEqual([]);
  });
});

test("a bug ends with 1 and shows where it is; a refusal with 2 and shows no code", () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    refuse(new TypeError("x is undefined"), false);
    expect(process.exitCode).toBe(1);
    const bug = error.mock.calls.flat().join("\n");
    expect(bug).toContain("internal: x is undefined");
    expect(bug).toContain("refusals.test.ts");
    error.mockClear();
    refuse(new EngineError("memory", "too much", { hint: "Use less." }), false);
    expect(process.exitCode).toBe(2);
    expect(error.mock.calls).toEqual([["too much\nUse less."]]);
  } finally {
    process.exitCode = undefined;
    error.mockRestore();
  }
});
