/** What the page asks the engine for when a form is filled in, and what it says is lacking. */
import { expect, test } from "vitest";
import { exportWish, type ExportDescription } from "../../engine/protocol/exporting.ts";
import { usualBars } from "../../engine/parity/bars.ts";
import { exportWishOf, firstExportForm, offeredFolder } from "../../renderer/store/export-slice.ts";

const description: ExportDescription = {
  opsets: [17, 22],
  bars: usualBars,
  exportsFolder: "/exports/of/somebody/gramscope-exports",
  samplesFolder: "/box/samples",
};
const form = { ...firstExportForm, model: " runs/mine " };

test("a first form asks for three files, proved on scenes, where they are offered to lie", () => {
  const wish = exportWishOf(form, description);
  expect(wish).toEqual({
    model: "runs/mine",
    folder: "/exports/of/somebody/gramscope-exports/mine-onnx",
    format: "onnx",
    precisions: ["fp32", "fp16", "int8"],
    isProved: true,
    opset: 18,
    isFused: false,
    images: "scenes",
    limit: 4,
  });
  expect(exportWish.parse(wish).sizes).toEqual(["model", "320x192"]);
});

test("a model directory has one precision and no operators; own pictures and a size go along", () => {
  const wish = exportWishOf(
    { ...form, format: "safetensors", directory: "bf16", images: "samples", size: "448" },
    description,
  );
  expect(wish).toMatchObject({ precisions: ["bf16"], images: "/box/samples", sizes: ["448"] });
  expect(wish).not.toHaveProperty("opset");
});

test("a model directory gets the names that are chosen, or the first that the model can have", () => {
  const directory = { ...form, format: "safetensors" } as const;
  expect(exportWishOf(directory, description)).toMatchObject({ names: "transformers" });
  expect(exportWishOf({ ...directory, names: "timm" }, description)).toMatchObject({
    names: "timm",
  });
  const known = [
    { names: "transformers", refusal: "Franca: transformers computes something else" },
    { names: "timm", refusal: "Franca: no DINOv3" },
    { names: "official" },
  ] as const;
  expect(exportWishOf(directory, description, known)).toMatchObject({ names: "official" });
  // ONNX is not asked for names.
  expect(exportWishOf(form, description, known)).not.toHaveProperty("names");
  expect(exportWishOf(directory, description, known.slice(0, 2))).toEqual({
    problem: "Franca: transformers computes something else. Export ONNX instead.",
  });
});

test("int8-static takes a folder to calibrate on along, and nothing else does", () => {
  const calibrationFolder = " /my/photos ";
  const onnx = ["int8-static"] as const;
  expect(exportWishOf({ ...form, onnx, calibrationFolder }, description)).toMatchObject({
    precisions: ["int8-static"],
    calibrate: "/my/photos",
  });
  expect(exportWishOf({ ...form, calibrationFolder }, description)).not.toHaveProperty("calibrate");
});

test("unproved, nothing about pictures has to be right", () => {
  const wish = exportWishOf({ ...form, isProved: false, limit: "x" }, description);
  expect(wish).toMatchObject({ isProved: false });
  expect(wish).not.toHaveProperty("images");
});

test.each([
  [{ model: "" }, "Give a model to export."],
  [{ onnx: [] }, "Choose at least one precision."],
  [{ onnx: ["int8-static"] }, "Give a folder of photographs to calibrate int8-static on."],
  [{ images: "folder" }, "Give a folder of images."],
  [{ limit: "0" }, "At most: expected a whole number from 1 to 1,024, received “0”."],
  [{ size: "huge" }, "Or nothing for the model's own."],
] as const)("%j: says what is lacking", (change, words) => {
  const wish = exportWishOf({ ...form, ...change }, description);
  expect("problem" in wish ? wish.problem : "").toContain(words);
});

test("no folder is offered before engine and model are known", () => {
  expect(offeredFolder(form, undefined)).toBeUndefined();
  expect(offeredFolder(firstExportForm, "/exports")).toBeUndefined();
});
