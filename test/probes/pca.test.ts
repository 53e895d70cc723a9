/** Principal components and the foreground they part, against planted and fully solved data. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { otsu, run as runForeground } from "../../engine/probes/foreground.ts";
import { run } from "../../engine/probes/pca.ts";
import { fitPrincipal, project } from "../../engine/probes/principal.ts";
import type { FeatureMap } from "../../engine/probes/probe.ts";
import { applyPcaVariant } from "../../engine/protocol/pca-variant.ts";
import {
  probeOptions,
  type ProbeOptionsInput,
  type ProbeResult,
} from "../../engine/protocol/probes.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { context, featureMap, noise, shownRef } from "../support/feature-maps.ts";

const pca = (
  map: FeatureMap,
  options: ProbeOptionsInput<"pca"> = {},
  around = context(),
): Promise<ProbeResult> => run(map, shownRef, probeOptions.pca.parse(options), around);
const rgbOf = (result: ProbeResult) => Array.from(float32Values(result.maps[0]!.values));
const figureOf = (result: ProbeResult, label: string) =>
  result.numbers.find((line) => line.label === label)!.value;

/** Three orthogonal waves of variance 9 : 4 : 1 along three axes of 6, over a large mean. */
const planted = featureMap(
  8,
  8,
  Array.from({ length: 64 }, (_, i) => {
    const wave = (k: number) => Math.SQRT2 * Math.cos((2 * Math.PI * k * (i + 0.5)) / 64);
    return [100, 100 + 3 * wave(1), 100, 100 - 2 * wave(2), 100 + wave(3), 100];
  }).flat(),
);

describe("pca", () => {
  it("explains the planted variances", async () => {
    const result = await pca(planted);
    // float32 features around 100 are rounded to 4e-6, so the variances to about 1e-6.
    expect(figureOf(result, "component 1")).toBeCloseTo((100 * 9) / 14, 3);
    expect(figureOf(result, "component 2")).toBeCloseTo((100 * 4) / 14, 3);
    expect(figureOf(result, "component 3")).toBeCloseTo((100 * 1) / 14, 3);
    expect(figureOf(result, "together")).toBeCloseTo(100, 3);
  });

  it("gives every patch its place in the basis that the colours are made of", async () => {
    for (const preset of ["raw", "foreground"] as const) {
      const result = await pca(planted, { preset });
      const places = float32Values(result.coordinates!);
      expect(result.coordinates!.shape).toEqual([64, 3]);
      expect(places.every(Number.isFinite)).toBe(true);
      if (preset === "foreground") continue;
      const rgb = rgbOf(result);
      for (const k of [0, 1, 2]) {
        const own = places.filter((_, i) => i % 3 === k);
        const variance = own.reduce((sum, value) => sum + value ** 2, 0) / 63;
        expect(variance).toBeCloseTo((64 / 63) * [9, 4, 1][k]!, 3);
        // Colours run from the least to the largest place.
        const [low, high] = [Math.min(...own), Math.max(...own)];
        own.forEach((value, i) => {
          expect(rgb[3 * i + k]).toBeCloseTo((value - low) / (high - low), 5);
        });
      }
    }
  });

  it("agrees with the full decomposition of the covariance of random features", async () => {
    const [p, d] = [400, 48];
    const data = noise(5, p * d).map((value, i) => value * (1 + 2 / (1 + (i % d))) + 3);
    const rows = { data, count: p, width: d };
    const basis = await fitPrincipal([rows], d, 3, context());
    const x = new Matrix(p, d);
    data.forEach((value, i) => x.set(Math.floor(i / d), i % d, value));
    const centred = x.center("column");
    const covariance = centred
      .transpose()
      .mmul(centred)
      .div(p - 1);
    const full = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
    const order = full.realEigenvalues
      .map((value, index) => ({ value, index }))
      .sort((a, b) => b.value - a.value);
    const projected = await project(rows, basis, context());
    for (let k = 0; k < 3; k++) {
      // The scatter is summed in float32: errors of 1e-7 of the largest value, over gaps of 4 %.
      expect(Math.abs(basis.variances[k]! / order[k]!.value - 1)).toBeLessThan(2e-6);
      const vector = full.eigenvectorMatrix.getColumnVector(order[k]!.index);
      const component = Array.from(basis.components.subarray(k * d, (k + 1) * d));
      const sign = Math.sign(vector.to1DArray().reduce((s, v, j) => s + v * component[j]!, 0));
      const expected = centred.mmul(vector).mul(sign).to1DArray();
      expected.forEach((value, i) => {
        expect(Math.abs(projected[3 * i + k]! - value)).toBeLessThan(1e-4);
      });
    }
    const trace = covariance.diagonal().reduce((sum, value) => sum + value, 0);
    expect(basis.totalVariance).toBeCloseTo(trace, 4);
  });

  it("raw spans 0 to 1 in every channel, in the order and sign of the components", async () => {
    const rgb = rgbOf(await pca(planted));
    const expected = Array.from({ length: 64 }, (_, i) =>
      [1, 2, 3].map((k) => Math.cos((2 * Math.PI * k * (i + 0.5)) / 64)),
    );
    const low = [0, 1, 2].map((k) => Math.min(...expected.map((z) => z[k]!)));
    const high = [0, 1, 2].map((k) => Math.max(...expected.map((z) => z[k]!)));
    // The loading of component 2 is planted as -1 and must come out as +1.
    const sign = [1, -1, 1];
    expected.flat().forEach((z, i) => {
      const t = (z - low[i % 3]!) / (high[i % 3]! - low[i % 3]!);
      expect(rgb[i]).toBeCloseTo(sign[i % 3]! > 0 ? t : 1 - t, 4);
    });
  });

  it("whitened is sigmoid(2 z) of the component over its standard deviation", async () => {
    const rgb = rgbOf(await pca(planted, { preset: "whitened" }));
    const deviation = Math.sqrt(64 / 63); // Of a wave of mean square 1, over n - 1.
    Array.from({ length: 64 }, (_, i) => {
      const z = (Math.SQRT2 * Math.cos((2 * Math.PI * (i + 0.5)) / 64)) / deviation;
      expect(rgb[3 * i]).toBeCloseTo(1 / (1 + Math.exp(-2 * z)), 4);
    });
  });

  it.each(["raw", "whitened"] as const)(
    "%s turns into its complement with the sign",
    async (preset) => {
      const flipped = featureMap(
        8,
        8,
        planted.patches.map((value) => -value),
      );
      const here = Float32Array.from(rgbOf(await pca(planted, { preset })));
      const there = rgbOf(await pca(flipped, { preset }));
      // Negated features have the same basis, so every component changes its sign.
      const complement = applyPcaVariant(here, { signs: 7, order: 0 });
      there.forEach((value, i) => expect(value).toBeCloseTo(complement[i]!, 5));
    },
  );

  it("foreground leaves the background out and fits on the rest alone", async () => {
    const map = objectOnGround();
    const result = await pca(map, { preset: "foreground" });
    const rgb = rgbOf(result);
    const inside = (i: number) => isObject(Math.floor(i / 12), i % 12);
    for (let i = 0; i < 144; i++) expect(Number.isNaN(rgb[3 * i])).toBe(!inside(i));
    expect(figureOf(result, "fitted on")).toBe(36);
    const alone = featureMap(
      6,
      6,
      Array.from({ length: 144 }, (_, i) => i)
        .filter(inside)
        .flatMap((i) => Array.from(map.patches.subarray(8 * i, 8 * i + 8))),
    );
    const expected = rgbOf(await pca(alone, { preset: "whitened" }));
    const shown = rgb.filter((value) => !Number.isNaN(value));
    shown.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  });

  it("fits one basis over several maps, as over one map of all their patches", async () => {
    const [a, b] = [noise(1, 32 * 5), noise(2, 32 * 5).map((value) => 2 * value + 1)];
    const maps: Record<string, FeatureMap> = {
      a: featureMap(4, 8, a),
      b: featureMap(4, 8, b),
    };
    const both = featureMap(8, 8, [...a, ...b]);
    const around = context({ features: ({ image }) => Promise.resolve(maps[image]!) });
    const fit = ["a", "b"].map((image) => ({ ...shownRef, image }));
    for (const preset of ["raw", "whitened"] as const) {
      const whole = rgbOf(await pca(both, { preset }));
      const parts = [
        ...rgbOf(await pca(maps["a"]!, { preset, fit }, around)),
        ...rgbOf(await pca(maps["b"]!, { preset, fit }, around)),
      ];
      parts.forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 4));
    }
  });

  it("refuses a fit of another width", async () => {
    const around = context({ features: () => Promise.resolve(featureMap(1, 2, [1, 2, 3, 4])) });
    await expect(pca(planted, { fit: [shownRef] }, around)).rejects.toMatchObject({
      code: "option.invalid",
    });
  });

  it.each([
    ["constant", featureMap(3, 4, new Float32Array(12 * 8).fill(0.1))],
    ["zero", featureMap(3, 4, new Float32Array(12 * 8))],
    ["one patch of", featureMap(1, 1, noise(4, 8))],
    ["two channels of", featureMap(3, 4, noise(4, 24))],
    ["one channel of", featureMap(3, 4, noise(4, 12))],
    [
      "rank-one",
      featureMap(
        3,
        4,
        noise(4, 12 * 8).map((_, i) => (i >> 3) * ((i & 7) + 1) + 5),
      ),
    ],
  ])("%s features give colours, never NaN, and grey where nothing varies", async (_, map) => {
    for (const preset of ["raw", "whitened"] as const) {
      const result = await pca(map, { preset });
      const rgb = rgbOf(result);
      expect(rgb.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(rgb.filter((_value, i) => i % 3 === 2).every((value) => value === 0.5)).toBe(true);
      expect(result.numbers.every(({ value }) => Number.isFinite(value))).toBe(true);
    }
    const left = await pca(map, { preset: "foreground" });
    expect(left.numbers.every(({ value }) => Number.isFinite(value))).toBe(true);
  });
});

describe("foreground", () => {
  it("finds the object, whichever side of the component it is on", async () => {
    for (const sign of [1, -1]) {
      const map = objectOnGround(sign);
      const result = await runForeground(map, shownRef, {}, context());
      const expected = Array.from({ length: 144 }, (_, i) =>
        isObject(Math.floor(i / 12), i % 12) ? 1 : 0,
      );
      expect(Array.from(result.maps[0]!.values.data)).toEqual(expected);
      expect(result.numbers[0]).toMatchObject({ label: "covered", value: 25 });
    }
  });

  it("covers nothing where nothing varies", async () => {
    const map = featureMap(4, 4, new Float32Array(16 * 3).fill(2));
    const result = await runForeground(map, shownRef, {}, context());
    expect(result.maps[0]!.values.data.every((value) => value === 0)).toBe(true);
    expect(result.numbers.every(({ value }) => Number.isFinite(value))).toBe(true);
  });
});

describe("otsu", () => {
  it("parts two values midway, with all variance between the classes", () => {
    expect(otsu(Float32Array.of(1, 3, 1, 1, 3))).toEqual({
      threshold: 2,
      separability: expect.closeTo(1, 12) as number,
    });
  });

  it("keeps half of the variance of an even ramp out of the classes: 3/4 lies between them", () => {
    const ramp = Float32Array.from({ length: 1000 }, (_, i) => i);
    expect(otsu(ramp)).toEqual({
      threshold: 499.5,
      separability: expect.closeTo(0.75, 5) as number,
    });
  });
});

function isObject(row: number, col: number): boolean {
  return row >= 3 && row < 9 && col >= 4 && col < 10;
}

/** 12 x 12 patches of width 8: a 6 x 6 object a good way off, both with some noise. */
function objectOnGround(sign = 1): FeatureMap {
  const patches = noise(9, 144 * 8).map((value, i) => {
    const patch = i >> 3;
    const offset = isObject(Math.floor(patch / 12), patch % 12) ? 6 * sign : 0;
    return 0.5 * value + (i % 8 === 2 ? offset : 1);
  });
  return featureMap(12, 12, patches);
}
