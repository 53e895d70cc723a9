/** Token lengths, attention rows, and every probe through the catalogue. */
import { describe, expect, it } from "vitest";
import { run as runAttention } from "../../engine/probes/attention.ts";
import { probes, runProbe, shownFeatures } from "../../engine/probes/catalog.ts";
import { outlierThreshold, run as runNorm } from "../../engine/probes/norm.ts";
import {
  probeCall,
  probeNames,
  probeOptions,
  probeResult,
  type ProbeOptionsInput,
} from "../../engine/protocol/probes.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { context, featureMap, noise, shownRef } from "../support/feature-maps.ts";

describe("norm", () => {
  it("measures every token and points at the long ones", async () => {
    const lengths = [3, 3.1, 2.9, 3, 12, 3.05, 2.95, 20];
    const patches = lengths.flatMap((value) => [0.6 * value, -0.8 * value]);
    const map = featureMap(2, 4, patches, {
      cls: Float32Array.of(5, 12),
      registers: Float32Array.of(0, 1, 0, 2),
    });
    const result = await runNorm(map, shownRef, {}, context());
    float32Values(result.maps[0]!.values).forEach((value, i) => {
      expect(value).toBeCloseTo(lengths[i]!, 5);
    });
    expect(result.tokens).toEqual([
      { name: "CLS", value: 13, outlier: true },
      { name: "register 0", value: 1, outlier: false },
      { name: "register 1", value: 2, outlier: false },
    ]);
    expect(result.marks.map(({ patch, kind }) => ({ patch, kind }))).toEqual([
      { patch: { row: 1, col: 3 }, kind: "outlier" },
      { patch: { row: 1, col: 0 }, kind: "outlier" },
    ]);
    // Median 3.025; 20 / 3.025.
    expect(result.numbers.find(({ unit }) => unit === "x")!.value).toBeCloseTo(20 / 3.025, 5);
    expect(result.numbers.find(({ unit }) => unit === "% of patches")!.value).toBe(25);
  });

  it("calls no token an outlier where all are alike", () => {
    expect(outlierThreshold(new Float32Array(9).fill(2))).toBe(3);
    expect(outlierThreshold(new Float32Array(9))).toBe(0);
  });

  it("puts the threshold 5 robust deviations over the median when they spread", () => {
    // Median 3, MAD 1.
    expect(outlierThreshold(Float32Array.of(1, 2, 3, 4, 5))).toBeCloseTo(3 + 5 * 1.4826, 6);
  });
});

describe("attention", () => {
  // 1 CLS + 2 registers + 2 patches; three heads.
  const map = featureMap(1, 2, [1, 2, 3, 4]);
  const perHead = [
    [1, 0, 0, 0, 0],
    [0.2, 0.2, 0.2, 0.2, 0.2],
    [0, 0.25, 0, 0.25, 0.5],
  ];
  const asked: number[] = [];
  const around = context({
    attentionRows(_ref, tokenIndex) {
      asked.push(tokenIndex);
      return Promise.resolve({ rows: Float32Array.from(perHead.flat()), heads: 3 });
    },
  });
  const attention = (options: ProbeOptionsInput<"attention"> = {}) =>
    runAttention(map, shownRef, probeOptions.attention.parse(options), around);

  it("parts one head's row into CLS, registers and patches, with its entropy", async () => {
    const result = await attention({ head: 2 });
    expect(Array.from(float32Values(result.maps[0]!.values))).toEqual([0.25, 0.5]);
    expect(result.tokens.map(({ value }) => value)).toEqual([0, 0.25, 0]);
    expect(result.numbers[0]).toEqual({ label: "entropy", value: 1.5, unit: "bits" });
    expect(result.numbers.find(({ unit }) => unit === "%")!.value).toBe(75);
  });

  it("averages the heads", async () => {
    const result = await attention();
    const values = Array.from(float32Values(result.maps[0]!.values));
    expect(values[0]).toBeCloseTo(0.45 / 3, 6);
    expect(values[1]).toBeCloseTo(0.7 / 3, 6);
    const heads = result.numbers.find(({ label }) => label === "mean entropy of the heads")!;
    expect(heads.value).toBeCloseTo((0 + Math.log2(5) + 1.5) / 3, 6);
  });

  it("asks for the token at its place in the sequence", async () => {
    asked.length = 0;
    await attention();
    await attention({ token: { kind: "register", index: 1 } });
    await attention({ token: { kind: "patch", patch: { row: 0, col: 1 } } });
    expect(asked).toEqual([0, 2, 4]);
  });

  it("refuses heads, registers and patches that are not there", async () => {
    await expect(attention({ head: 3 })).rejects.toMatchObject({
      code: "option.invalid",
      message: "head: expected 0 to 2 or mean, received 3",
    });
    await expect(attention({ token: { kind: "register", index: 2 } })).rejects.toMatchObject({
      code: "option.invalid",
      message: "register: expected 0 to 1, received 2",
    });
    const outside = { kind: "patch" as const, patch: { row: 1, col: 0 } };
    await expect(attention({ token: outside })).rejects.toMatchObject({ code: "patch.range" });
  });
});

describe("catalog", () => {
  const map = featureMap(4, 5, noise(1, 20 * 6));
  const heads = 3;
  const row = new Float32Array(heads * 23).fill(1 / 23);
  const around = context({ attentionRows: () => Promise.resolve({ rows: row, heads }) });
  const options = { cosine: { queries: [{ row: 0, col: 0 }] } };

  it.each(probeNames)("%s answers in the protocol's shape with a full recipe", async (probe) => {
    const call = probeCall.parse({ probe, options: probe === "cosine" ? options.cosine : {} });
    const result = await runProbe(call, map, shownRef, around);
    expect(probeResult.parse(result)).toEqual(result);
    expect(result.probe).toBe(probe);
    expect(result.recipe.slice(0, 9).map(({ label }) => label)).toEqual([
      "Model",
      "Weights",
      "Image",
      "Region",
      "Resize",
      "Grid",
      "Layer",
      "Norm",
      "Probe",
    ]);
    expect(Object.keys(probes).sort()).toEqual([...probeNames].sort());
  });

  it("says that random weights give a picture of noise", async () => {
    const untrained = { ...map, model: { ...map.model, trained: false } };
    const call = probeCall.parse({ probe: "norm", options: {} });
    const { recipe } = await runProbe(call, untrained, shownRef, around);
    expect(recipe[1]).toEqual({ label: "Weights", text: "random: a picture of noise" });
  });

  it("names the map's own geometry: a cosine map lies over its target", () => {
    const target = { ...shownRef, image: "i2" };
    const call = probeCall.parse({ probe: "cosine", options: { ...options.cosine, target } });
    expect(shownFeatures(call, shownRef)).toEqual(target);
    expect(shownFeatures(probeCall.parse({ probe: "cls", options: {} }), shownRef)).toBe(shownRef);
  });

  it("does not start what is already cancelled", async () => {
    const call = probeCall.parse({ probe: "norm", options: {} });
    const cancelledContext = context({ signal: AbortSignal.abort() });
    await expect(runProbe(call, map, shownRef, cancelledContext)).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
