import { join } from "node:path";
import { expect, test } from "vitest";
import { formatInspection, inspectPath } from "../../engine/weights/inspect.ts";
import { copyModel, editJson, fixtures, removeFolder } from "./broken-models.ts";

test("a model directory is told with its shape, preprocessing and tensors", async () => {
  const found = await inspectPath(join(fixtures, "swiglu"));
  expect(found).toMatchObject({
    kind: "model",
    format: "safetensors, sharded",
    variant: "custom",
    dtype: "F32",
    trained: false,
    problem: undefined,
  });
  expect(found.tensors).toContainEqual({ name: "norm.bias", dtype: "F32", shape: [48] });
  const text = formatInspection(found);
  expect(text).toContain("width 48, 2 blocks, 3 heads, swiglu 96, patch 8 px, 4 registers");
  expect(text).toContain("96×64, bilinear, LVD mean and deviation");
  expect(text).toMatch(/layer\.1\.mlp\.gate_proj\.weight +F32 +\[96, 48\]/);
});

test("a model that cannot be opened is still shown, with what is wrong", async () => {
  const folder = await copyModel("mlp");
  try {
    await editJson(join(folder, "config.json"), { num_hidden_layers: 4 });
    const found = await inspectPath(folder);
    expect(found).toMatchObject({ kind: "model", problem: { code: "config.contradicts" } });
    if (found.kind !== "model") throw new Error("expected a model");
    expect(found.report.missing).toContain("layer.3.norm1.weight");
    expect(formatInspection(found)).toMatch(/problem +.*num_hidden_layers is 4/);
  } finally {
    await removeFolder(folder);
  }
});

test("a safetensors file that is no model is a list of tensors", async () => {
  const found = await inspectPath(join(fixtures, "expected.safetensors"));
  expect(found).toMatchObject({
    kind: "tensors",
    format: "safetensors",
    metadata: { format: "pt" },
  });
  expect(found.tensors).toContainEqual({ name: "image", dtype: "F32", shape: [1, 3, 64, 96] });
});
