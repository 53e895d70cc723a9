/** "Copy as Python": the program is Python whatever is in it, and prints the number that was shown. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { decodeImage } from "../../engine/image/decode.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import type { ModelCard } from "../../engine/protocol/messages.ts";
import { pythonSnippet, type PythonView } from "../../engine/protocol/python-snippet.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { parseInputSize } from "../../engine/protocol/view.ts";
import { unattended } from "../../engine/session/control.ts";
import { Session } from "../../engine/session/session.ts";
import { samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";

/** The first may be another one than the system's, which has the packages. */
const pythons = ["python3", "/usr/bin/python3"];
const runs = (python: string, code: string) =>
  spawnSync(python, ["-c", code], { stdio: "ignore" }).status === 0;
const hasPython = runs("python3", "");
const python = pythons.find((one) => runs(one, "import torch, numpy, PIL")) ?? "python3";
const hasTorch = runs(python, "import torch, numpy, PIL");

const view: PythonView = {
  model: { source: "/models/vit", depth: 12, registers: 4, patch: 16 },
  image: "cat.jpg",
  geometry: {
    patch: 16,
    grid: { rows: 2, cols: 3 },
    input: { width: 48, height: 32 },
    image: { width: 480, height: 400 },
    region: { x: 0, y: 40, width: 480, height: 320 },
    resample: "bilinear",
  },
  block: 11,
  norm: true,
  map: { kind: "norm" },
  shown: { patch: { row: 1, col: 2 }, value: 0.123456789 },
};

describe("a program", () => {
  test("resizes the whole photograph, cuts what the model saw, and names the value", () => {
    const text = pythonSnippet(view);
    expect(text).toContain('tokens(pixels("cat.jpg", 40, 48, 4, 0, 32, 48))');
    expect(text).toContain("last_hidden_state[0]");
    expect(text).toContain('print(result[1, 2], "where Gramscope shows", 0.123457)');
    expect(text).toContain('mode="bilinear", align_corners=False, antialias=True');
  });

  test("takes a block before the norm by a hook", () => {
    const text = pythonSnippet({ ...view, block: 5, norm: false });
    expect(text).toContain("blocks[5].register_forward_hook");
    expect(text).not.toContain("layernorm");
    expect(pythonSnippet({ ...view, block: 5 })).toContain('"layernorm"');
  });

  const patches = [
    { row: 0, col: 1 },
    { row: 1, col: 1 },
  ];
  const target = { image: "dog.jpg", geometry: view.geometry };
  const hostile = 'a"\n"""\\\u2028 #{x}\u{1F408}.jpg\nimport os';
  const views: PythonView[] = [
    view,
    { ...view, block: 3, norm: false, map: { kind: "gram" }, shown: undefined },
    { ...view, block: 3, map: { kind: "pca" } },
    { ...view, map: { kind: "cls" } },
    { ...view, map: { kind: "tokens", what: 'k-means\n"""' } },
    { ...view, map: { kind: "cosine", query: { token: "patches", patches }, target } },
    { ...view, map: { kind: "cosine", query: { token: "cls" } } },
    { ...view, map: { kind: "cosine", query: { token: "register", index: 2 } } },
    { ...view, geometry: { ...view.geometry, resample: "lanczos" } },
    { ...view, geometry: { ...view.geometry, resample: "nearest" } },
    { ...view, image: hostile, model: { ...view.model, source: hostile } },
  ];

  test.skipIf(!hasPython)("compiles, whatever a file is called (skipped without python3)", () => {
    const check =
      "import sys, json\nfor text in json.load(sys.stdin): compile(text, 'copied', 'exec')";
    const input = JSON.stringify(views.map((one) => pythonSnippet(one)));
    execFileSync(python, ["-c", check], { input });
    const only = `import sys, ast\ntree = ast.parse(sys.stdin.read())\nprint(sum(isinstance(n, ast.Import) for n in tree.body))`;
    const count = execFileSync(python, ["-c", only], { input: pythonSnippet(views.at(-1)!) });
    // numpy, torch, torch.nn.functional: a name brings nothing of its own.
    expect(count.toString().trim()).toBe("3");
  });
});

describe.skipIf(!hasTorch)("its number (skipped without PyTorch)", () => {
  let folder: string;
  let session: Session;
  let card: ModelCard;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-python-"));
    await copyFile(path.join(samples, "chelsea.jpg"), path.join(folder, "chelsea.jpg"));
    const decoded = await decodeImage(
      await readFile(path.join(folder, "chelsea.jpg")),
      "chelsea.jpg",
    );
    session = new Session({
      executor: (await chooseExecutor("cpu")).executor,
      featureBytes: 2 ** 26,
      programBytes: 2 ** 28,
      pixels: {
        describe: async () => ({
          name: "chelsea.jpg",
          width: decoded.width,
          height: decoded.height,
        }),
        input: async (_, geometry, pre) => preprocess(decoded, geometry, pre),
      },
    });
    card = await session.openModel(path.join(fixtures, "mlp"), unattended);
  });
  afterAll(async () => {
    await session.dispose();
    await rm(folder, { recursive: true });
  });

  // Both from float32 pixels and weights; PyTorch's in float64 between.
  const tolerance = 2e-5;

  test.each([
    ["model", "last", true],
    ["native", 1, true],
    ["short", 0, false],
  ] as const)(
    "at size %s, layer %s, norm %s, is ours",
    async (name, layer, norm) => {
      const size = parseInputSize(name === "short" ? "96" : name);
      const ref = { model: card.id, image: "chelsea", size, layer, norm };
      const queries = [
        { row: 1, col: 2 },
        { row: 2, col: 2 },
      ];
      const call = { probe: "cosine", options: { queries, exclude: 3, matches: 5 } } as const;
      const { geometry, result } = await session.probe(ref, call, unattended);
      const map = result.maps[0]!;
      if (map.kind !== "scalar") throw new Error("no scalar map");
      const patch = { row: 3, col: 1 };
      const value = float32Values(map.values)[patch.row * geometry.grid.cols + patch.col]!;
      const text = pythonSnippet({
        model: card,
        image: "chelsea.jpg",
        geometry,
        block: layer === "last" ? card.depth - 1 : layer,
        norm,
        map: { kind: "cosine", query: { token: "patches", patches: queries } },
        shown: { patch, value },
      });
      await writeFile(path.join(folder, "copied.py"), text);
      const standIn = fileURLToPath(new URL("../fixtures/features/python", import.meta.url));
      const printed = execFileSync(python, ["copied.py"], {
        cwd: folder,
        env: { ...process.env, PYTHONPATH: standIn, PYTHONDONTWRITEBYTECODE: "1" },
      }).toString();
      const [, computed, shown] = /^(\S+) where Gramscope shows (\S+)$/m.exec(printed)!;
      expect(Math.abs(Number(computed) - Number(shown))).toBeLessThan(tolerance);
      expect(Math.abs(Number(computed))).toBeGreaterThan(0.01);
    },
    300_000,
  );
});
