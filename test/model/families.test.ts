/**
 * Encoders of other families against a PyTorch implementation of each (test/fixtures/families, float64),
 * under the names that their files have and on a grid that their positions were not stored for.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { asVit, prefixTokens, traitsOf } from "../../engine/model/config.ts";
import { segmentProgram } from "../../engine/model/programs.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";
import { holdWebGpuDevice, webgpuSkip } from "../support/webgpu.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures/families");
/** float32 sums of up to 64 products of order 1, two blocks deep; the reference is float64. */
const tolerance = { atol: 2e-5, rtol: 2e-5 };

/** What is given to the program: a folder, or a file where the folder has no config.json. */
const cases: Readonly<Record<string, string>> = {
  dinov2: "DINOv2 ViT-32/4",
  "dinov2-registers": "DINOv2 ViT-32/4 with 4 registers",
  "dinov2-giant": "Web-DINO ViT-32/4",
  "dinov2-official": "DINOv2 ViT-64/4 with 4 registers",
  "franca/franca_vit_tiny.pth": "Franca ViT-64/4",
  dino: "DINO ViT-32/4",
  "dino-official": "DINO ViT-64/4",
  mae: "MAE ViT-32/4",
  "mae-official": "MAE ViT-64/4",
  ijepa: "I-JEPA ViT-32/4",
  "ijepa-official": "I-JEPA ViT-64/4",
  clip: "CLIP ViT-32/4",
  "open-clip": "OpenCLIP ViT-64/4",
  siglip: "SigLIP ViT-32/4",
  "siglip2-naflex": "SigLIP 2 ViT-32/4",
  "pe-core": "Perception Encoder ViT-64/4",
  "pe-spatial": "Perception Encoder ViT-64/4",
  radio: "RADIO ViT-64/4",
  vjepa2: "V-JEPA 2 ViT-32/4",
  sam: "SAM ViT-32/4",
  "sam-official": "SAM ViT-64/4",
};

it("every fixture is tested", async () => {
  const folders = await readdir(fixtures, { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(names.sort()).toEqual(
    Object.keys(cases)
      .map((name) => name.split("/")[0])
      .sort(),
  );
});

for (const device of ["cpu", "tfjs", "webgpu"] as const) {
  describe.skipIf(device === "webgpu" && webgpuSkip !== undefined)(`on ${device}`, () => {
    let executor: Executor;
    if (device === "webgpu") holdWebGpuDevice();
    beforeAll(async () => {
      ({ executor } = await chooseExecutor(device));
    });
    afterAll(() => executor.dispose());

    it.each(Object.entries(cases))(
      "%s is %s, and its tokens are PyTorch's",
      async (name, title) => {
        const model = await openModelFiles(path.join(fixtures, name));
        expect(model.name).toBe(title);
        const { config, params } = model;
        const file = await readSafetensors(
          path.join(fixtures, name.split("/")[0]!, "expected.safetensors"),
        );
        const expected = async (tensor: string) => readTensor(file, file.tensors.get(tensor)!);
        const shape = file.tensors.get("image")!.shape;
        const grid = { rows: shape[2]! / config.patch, cols: shape[3]! / config.patch };
        const program = await executor.prepare(
          segmentProgram(
            { model: name, config, params, grid, rope: "fp32" },
            { first: 0, last: 1 },
          ),
        );
        const image = { dtype: "float32", shape, data: await expected("image") } as const;
        const { hasFinalNorm } = traitsOf(asVit(config));
        const wanted = ["block00", "block01", ...(hasFinalNorm ? ["norm"] : [])];
        const out = await program.run({ image }, wanted);
        const tokens = prefixTokens(config) + grid.rows * grid.cols;
        expect(out["block01"]!.shape).toEqual([1, tokens, config.width]);
        expectClose(out["block00"]!.data, await expected("block00"), tolerance, "first block");
        expectClose(out["block01"]!.data, await expected("last"), tolerance, "last block");
        expect(file.tensors.has("final")).toBe(hasFinalNorm);
        if (hasFinalNorm) {
          expectClose(out["norm"]!.data, await expected("final"), tolerance, "after the norm");
        }
        await program.dispose();
      },
    );
  });
}
