import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

const checkpoint = (name: string) =>
  fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url));

test("a training checkpoint is shown with its networks, and what lies beside them", async () => {
  const path = checkpoint("training.pth");
  const found = await inspectPath(path);
  expect(found).toMatchObject({
    kind: "model",
    format: "PyTorch",
    name: "training (teacher)",
    networks: [
      { label: "teacher", path: `${path}#teacher`, tensors: 38, isDefault: true },
      { label: "student", path: `${path}#student`, tensors: 38, isDefault: false },
    ],
    prefix: "teacher.backbone.",
    metadata: { epoch: "12" },
    problem: undefined,
  });
  const text = formatInspection(found);
  expect(text).toMatch(/network +teacher, 38 tensors: .*training\.pth#teacher \(by default\)/);
  expect(text).toMatch(/epoch +12/);
  expect(text).toMatch(/more +7 values, with --json/);
  expect(text).toMatch(/shown +38, those of teacher\.backbone\.\*/);
  expect(text).not.toContain("student.module.backbone.cls_token");
});

test("a checkpoint of something else is a list of tensors", async () => {
  const found = await inspectPath(checkpoint("assorted.pth"));
  expect(found).toMatchObject({ kind: "tensors", format: "PyTorch", parameters: 226 });
  expect(formatInspection(found)).toMatch(/bfloat16 +BF16 +\[4, 6\]/);
});
