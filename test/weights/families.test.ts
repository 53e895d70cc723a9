/** What is told of encoders of other families, and what is refused. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EngineError } from "../../engine/protocol/errors.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { formatInspection, inspectPath } from "../../engine/weights/inspect.ts";
import { copyModel, editHeader, editJson, removeFolder } from "./broken-models.ts";

const families = join(import.meta.dirname, "../fixtures/families");

test.each([
  [
    "dinov2-registers",
    "DINOv2",
    "Apache-2.0",
    "5×5 and CLS, resized to a picture's grid bicubic with",
  ],
  ["franca/franca_vit_tiny.pth", "Franca", "Apache-2.0", "bicubic, offset 0.1"],
  ["mae-official", "MAE", "CC-BY-NC-4.0", "decoder_embed.bias"],
  ["clip", "CLIP", "MIT", "short side 20, bicubic, centre 20×20, mean 0.48145466"],
  ["siglip", "SigLIP", "Apache-2.0", "vision_model.head.probe"],
  ["radio", "RADIO", "NVIDIA Source Code License-NC", "bilinear, cut from a square"],
  ["vjepa2", "V-JEPA 2", "MIT", "rotary by frame, row and column"],
  ["sam", "SAM", "Apache-2.0", "vision_encoder.neck.conv1.weight: the neck"],
])("%s is told as %s, %s", async (name, family, licence, words) => {
  const found = await inspectPath(join(families, name));
  expect(found).toMatchObject({ kind: "model", family, licence, problem: undefined });
  if (found.kind !== "model") throw new Error("expected a model");
  expect(found.report).toMatchObject({ missing: [], unexpected: [] });
  expect(formatInspection(found)).toContain(words);
});

describe("a changed copy", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await copyModel("../families/dinov2");
  });
  afterEach(() => removeFolder(folder));

  const refusal = async () =>
    openModelFiles(folder).then(
      () => expect.fail("expected a refusal"),
      (error: unknown) => error as EngineError,
    );
  const rename = (from: string, to: string) =>
    editHeader(join(folder, "model.safetensors"), (header) => {
      header[to] = header[from]!;
      delete header[from];
    });

  test("without a tensor is refused with the name that upstream has for it", async () => {
    await rename("encoder.layer.1.norm2.bias", "encoder.layer.1.norm3.bias");
    const { code, message } = await refusal();
    expect(code).toBe("weights.missing");
    expect(message).toContain("encoder.layer.1.norm2.bias: expected [32]");
  });

  test("with a picture's size that its positions are not for is refused with their shapes", async () => {
    await editJson(join(folder, "config.json"), { image_size: 24 });
    const { code, message } = await refusal();
    expect(code).toBe("weights.shape");
    expect(message).toContain(
      "embeddings.position_embeddings: expected [1, 37, 32], file has [1, 26, 32]",
    );
  });

  test.each([
    [{ num_attention_heads: 5 }, "hidden_size 32 must be an even multiple"],
    [
      { hidden_act: "relu" },
      'hidden_act: expected gelu, gelu_pytorch_tanh or quick_gelu, received "relu"',
    ],
    [{ patch_size: [4, 8] }, "patch_size: expected squares"],
    [{ image_size: 2 }, "image_size 2 is smaller than patch_size 4"],
    [{ num_channels: 1 }, "num_channels: expected 3, received 1"],
    [{ layer_norm_eps: "small" }, "layer_norm_eps: "],
  ])("config.json with %o is refused", async (changes, words) => {
    await editJson(join(folder, "config.json"), changes);
    const { code, message } = await refusal();
    expect(code).toBe("config.invalid");
    expect(message).toContain(words);
  });
});

test("positions that are no square are refused", async () => {
  const folder = await copyModel("../families/dino-official");
  try {
    await editHeader(join(folder, "model.safetensors"), (header) => {
      header["pos_embed"]!.shape = [2, 13, 64];
      header["cls_token"]!.shape = [1, 1, 64];
    });
    // Twice 13 are 26 rows again, a class and 25: any shape of them is one.
    await expect(openModelFiles(folder)).resolves.toMatchObject({ family: "dino" });
    await editHeader(join(folder, "model.safetensors"), (header) => {
      header["pos_embed"]!.shape = [1, 52, 32];
    });
    await expect(openModelFiles(folder)).rejects.toMatchObject({
      code: "weights.shape",
      message: expect.stringContaining("pos_embed: expected positions of a square") as string,
    });
  } finally {
    await removeFolder(folder);
  }
});
