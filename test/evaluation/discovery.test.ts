/** Pictures with one rectangle, whose box TokenCut must find to the pixel. */
import { describe, expect, it } from "vitest";
import {
  discoveryPresets,
  measureDiscovery,
  type DiscoverySettings,
} from "../../engine/evaluation/discovery.ts";
import { inputFor } from "../../engine/evaluation/input-size.ts";
import { probeReport } from "../../engine/evaluation/probe-report.ts";
import type { BoxedImage } from "../../engine/labels/labelled.ts";
import { listed, measuring, painted, patch } from "./colour-backbone.ts";

const [rows, cols] = [7, 9];
const rectangle = (name: string) =>
  painted(name, rows, cols, (row, col) =>
    row >= 2 && row < 5 && col >= 3 && col < 5 ? [220, 180, 160] : [40, 60, 90],
  );
const truth = { x: 3 * patch, y: 2 * patch, w: 2 * patch, h: 3 * patch };
const right: BoxedImage = {
  picture: rectangle("right"),
  boxes: [{ x: 0, y: 0, w: 5, h: 5 }, truth],
};
const half: BoxedImage = { picture: rectangle("half"), boxes: [{ ...truth, w: patch }] };
const wrong: BoxedImage = { picture: rectangle("wrong"), boxes: [{ x: 0, y: 0, w: 20, h: 9 }] };
const without: BoxedImage = { picture: rectangle("without"), boxes: [] };

const measure = (items: readonly BoxedImage[], changes: Partial<DiscoverySettings> = {}) =>
  measureDiscovery(
    { items: listed(items), description: "painted boxes", fingerprint: "boxes-1" },
    measuring(),
    { preset: "paper", settings: { ...discoveryPresets.paper, ...changes }, seed: 1 },
  );

describe("object discovery", () => {
  it("finds the rectangle at every threshold, and counts pictures that have a box", async () => {
    const { report, drawings } = await measure([wrong, right, without, right]);
    expect(probeReport.parse(report)).toEqual(report);
    expect(report.numbers[0]).toMatchObject({ name: "CorLoc", value: 2 / 3 });
    // All nine agree, so the first of them is the best.
    expect(report.settings["bestTau"]).toBe(0);
    expect(report.settings["picturesWithoutBox"]).toBe(1);
    expect(report.numbers.slice(1, 10).map(({ value }) => value)).toEqual(Array(9).fill(2 / 3));
    expect(report.cases.map(({ place, name }) => [place, name])).toEqual([
      ["best", "right"],
      ["median", "right"],
      ["worst", "wrong"],
    ]);
    expect(drawings[0]!.cut.box).toEqual(truth);
    expect(drawings[0]!.overlap).toBe(1);
    expect(drawings[2]!.boxes).toBe(wrong.boxes);
  });

  it("counts an overlap of exactly a half as wrong, as the paper's words have it", async () => {
    const { report } = await measure([half]);
    expect(report.numbers[0]!.value).toBe(0);
    expect(report.cases[0]!.score).toBe(0.5);
    expect((await measure([half], { overlap: 0.49 })).report.numbers[0]!.value).toBe(1);
  });

  it("chooses the threshold that parts object from ground, with an interval that knows it chose", async () => {
    // The colours have cosine 0.75: below that all edges are alike.
    const near: BoxedImage = {
      picture: painted("near", rows, cols, (row, col) =>
        row >= 2 && row < 5 && col >= 3 && col < 5 ? [255, 128, 128] : [240, 225, 128],
      ),
      boxes: [truth],
    };
    const { report } = await measure([near], { taus: [0.1, 0.5, 0.9] });
    expect(report.settings["bestTau"]).toBe(0.9);
    expect(report.numbers[0]!.value).toBe(1);
    expect(report.numbers.map(({ name }) => name)).toContain("CorLoc, tau = 0.5");
  });

  it("refuses a set without boxes", async () => {
    await expect(measure([without])).rejects.toMatchObject({ code: "data.empty" });
  });
});

describe("the size of the input", () => {
  it("is DAVIS's 960 x 1712, and a multiple of the patch for any picture", () => {
    const davis = { width: 854, height: 480 };
    expect(inputFor(davis, { kind: "shortSide", side: 960 }, 16)).toEqual({
      width: 1712,
      height: 960,
    });
    expect(inputFor(davis, { kind: "native" }, 16)).toEqual({ width: 848, height: 480 });
    expect(inputFor(davis, { kind: "square", side: 448 }, 14)).toEqual({ width: 448, height: 448 });
    expect(inputFor({ width: 3, height: 2 }, { kind: "native" }, 16)).toEqual({
      width: 16,
      height: 16,
    });
  });
});
