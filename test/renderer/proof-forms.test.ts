/** What the forms of the Export page ask of the engine, and what they say of themselves until they can. */
import { describe, expect, test } from "vitest";
import type { ExportDescription } from "../../engine/protocol/exporting.ts";
import { exportWishOf, firstExportForm } from "../../renderer/store/export-slice.ts";
import { firstProof, readBars } from "../../renderer/store/proof-form.ts";
import { verifyWishOf } from "../../renderer/store/verify-slice.ts";

const described = { exportsFolder: "/exports", samplesFolder: "/samples" } as ExportDescription;

describe("bars", () => {
  test("are those of the precisions in question, where something is written", () => {
    const bars = { fp32: " 2.5e-4 ", int8: "", int4: "none" };
    expect(readBars({ bars }, ["fp32", "fp16", "int8"])).toEqual({ bars: { fp32: 2.5e-4 } });
    expect(readBars({ bars: {} }, ["fp32"])).toEqual({});
    expect(readBars({ bars: { fp32: "1" } }, ["fp32"])).toEqual({ bars: { fp32: 1 } });
  });

  test.each(["0", "-1", "1.5", "NaN", "x", "1e-4,"])("%j is none", (text) => {
    expect(readBars({ bars: { int4: text } }, ["int4"])).toEqual({
      problem: `Bar of int4: expected a number above 0, up to 1, received “${text}”.`,
    });
  });
});

test("an export is asked for with its bars; without a proof there are none", () => {
  const form = {
    ...firstExportForm,
    model: "/m/vit",
    onnx: ["int8"],
    bars: { int8: "0.9" },
  } as const;
  const wish = { model: "/m/vit", folder: "/exports/vit-onnx", precisions: ["int8"] };
  expect(exportWishOf(form, described)).toMatchObject({ ...wish, bars: { int8: 0.9 }, limit: 4 });
  const unproved = exportWishOf({ ...form, isProved: false, bars: { int8: "x" } }, described);
  expect(unproved).toMatchObject({ ...wish, isProved: false });
  expect(unproved).not.toHaveProperty("bars");
});

describe("a verification", () => {
  const form = { ...firstProof, folder: " /out ", original: "" };

  test("asks for the folder alone, or with the original and pictures", () => {
    expect(verifyWishOf(form, "/samples")).toEqual({ path: "/out" });
    const whole = { ...form, original: "hf:org/m", images: "samples", size: "64" } as const;
    expect(verifyWishOf({ ...whole, bars: { fp16: "0.99" } }, "/samples")).toEqual({
      path: "/out",
      against: "hf:org/m",
      images: "/samples",
      limit: 4,
      sizes: ["64"],
      bars: { fp16: 0.99 },
    });
  });

  test.each([
    [{ folder: "" }, "Give the folder of an export."],
    [{ original: "m", images: "folder" }, "Give a folder of images."],
    [{ original: "m", limit: "0" }, "At most: expected a whole number from 1 to 1,024"],
    [{ original: "m", size: "big" }, "Or nothing for the model's own."],
    [{ bars: { fp32: "low" } }, "Bar of fp32: expected a number above 0"],
  ] as const)("%j lacks something, and says what", (change, words) => {
    const wish = verifyWishOf({ ...form, ...change }, "/samples");
    expect(wish).toEqual({ problem: expect.stringContaining(words) as string });
  });
});
