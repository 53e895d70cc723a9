/** Points from the PCA probe's own answer: where they lie, whose they are, how they are marked and coloured. */
import { describe, expect, it } from "vitest";
import { run } from "../../engine/probes/pca.ts";
import { probeOptions } from "../../engine/protocol/probes.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { fieldLight, reliefHeight } from "../../renderer/scene/height-field.ts";
import {
  colourByComponents,
  cornerColours,
  positionColour,
} from "../../renderer/scene/space-colours.ts";
import {
  markPoints,
  marks,
  patchOfPoint,
  pointOfPatch,
  pointsOfComponents,
} from "../../renderer/scene/space-points.ts";
import type { Answer } from "../../renderer/store/probe-state.ts";
import { context, featureMap, noise, shownRef } from "../support/feature-maps.ts";

const [rows, cols, width] = [3, 5, 6];

async function answerOf(seed: number): Promise<Answer> {
  const map = featureMap(rows, cols, [...noise(seed, rows * cols * width)]);
  const options = probeOptions.pca.parse({});
  const result = await run(map, shownRef, options, context());
  const { geometry } = map;
  return { ref: shownRef, call: { probe: "pca", options }, geometry, result, elapsedMs: 0 };
}

describe("points along the components", () => {
  it("are the probe's coordinates, moved and scaled alike on all axes; a flipped sign mirrors", async () => {
    const answer = await answerOf(3);
    const given = float32Values(answer.result.coordinates!);
    const { positions, extent, axes } = pointsOfComponents([answer], 0, ["main"]);
    const mirrored = pointsOfComponents([answer], 0b010, ["main"]).positions;
    const scale = (positions[0]! - positions[3]!) / (given[0]! - given[3]!);
    for (let i = 3; i < given.length; i++) {
      // float32 of numbers around 1.
      expect(positions[i]! - positions[i - 3]!).toBeCloseTo(scale * (given[i]! - given[i - 3]!), 5);
      expect(mirrored[i]).toBeCloseTo((i % 3 === 1 ? -1 : 1) * positions[i]!, 5);
    }
    expect(Math.max(...extent)).toBeCloseTo(1, 6);
    for (const k of [0, 1, 2]) {
      const own = positions.filter((_, i) => i % 3 === k);
      expect(Math.max(...own)).toBeCloseTo(extent[k]!, 5);
      expect(Math.min(...own)).toBeCloseTo(-extent[k]!, 5);
    }
    const share = answer.result.numbers.find(({ label }) => label === "component 2")!.value;
    expect(axes[1]).toBe(`2nd component (${share.toFixed(1)} % of variance)`);
  });

  it("of two photographs follow each other, and each finds its patch again", async () => {
    const points = pointsOfComponents([await answerOf(3), await answerOf(4)], 0, ["main", "pane1"]);
    expect([points.count, points.mainCount]).toEqual([30, 15]);
    for (let index = 0; index < 30; index++) {
      expect(pointOfPatch(points, patchOfPoint(points, index))).toBe(index);
    }
    expect(patchOfPoint(points, 22)).toEqual({ pane: "pane1", patch: { row: 1, col: 2 } });
    expect(pointOfPatch(points, { pane: "main", patch: { row: 3, col: 0 } })).toBeUndefined();
    const held = [{ row: 0, col: 1 }, { row: 9, col: 9 }]; // prettier-ignore
    const marked = markPoints(points, held, [], { pane: "pane1", patch: { row: 0, col: 0 } });
    expect([marked[1], marked[15], marked.reduce((a, b) => a + b, 0)]).toEqual([
      marks.held,
      marks.pointed,
      marks.held + marks.pointed,
    ]);
  });

  it("have the colours of the PCA picture", async () => {
    const answer = await answerOf(3);
    const rgb = float32Values(answer.result.maps[0]!.values);
    const out = new Uint8Array(4 * rows * cols);
    colourByComponents(answer, { signs: 1, order: 0 }, [0, 0, 0])(out);
    expect([...out.subarray(4, 8)]).toEqual([
      Math.round(255 * Math.fround(1 - rgb[3]!)),
      Math.round(255 * rgb[4]!),
      Math.round(255 * rgb[5]!),
      255,
    ]);
  });
});

describe("colours of places and light", () => {
  it("are the corners' at the corners", () => {
    const at = [[0, 0], [1, 0], [0, 1], [1, 1]] as const; // prettier-ignore
    expect(at.map(([across, down]) => positionColour(across, down))).toEqual(cornerColours);
  });

  it("flat land is fully lit, a slope less", () => {
    const side = 8;
    const flat = { values: new Float32Array(64).fill(0.3), side, range: [0, 1] as const };
    expect(fieldLight(flat).every((light) => Math.abs(light - 1) < 1e-6)).toBe(true);
    const slope = { ...flat, values: Float32Array.from({ length: 64 }, (_, i) => (i % side) / 8) };
    // The whole range over the whole width of 2: a slope of the relief's own height.
    expect(fieldLight(slope)[3 * side + 3]).toBeCloseTo(0.7 + 0.3 / Math.hypot(1, reliefHeight), 5);
  });
});
