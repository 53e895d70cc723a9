/** Colour distortions and blur against torchvision (test/fixtures/data/make_colour.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { blur } from "../../engine/data/blur.ts";
import { applyJitter, makeGrey, solarise } from "../../engine/data/colour.ts";
import type { Jitter } from "../../engine/data/crop-plan.ts";
import { expectClose } from "../support/allclose.ts";

interface Fixture {
  readonly side: number;
  readonly input: number[];
  readonly jitters: (Jitter & { readonly output: number[] })[];
  readonly grey: number[];
  readonly solarise: number[];
  readonly blurs: { readonly sigma: number; readonly output: number[] }[];
}

const fixture = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/data/colour.json"), "utf8"),
) as Fixture;

const input = () => Float32Array.from(fixture.input, (value) => value / 255);

/** float32 against float64 over at most four operations, each of which rounds by 6e-8. */
const close = { atol: 1e-6 };

describe("colour jitter is torchvision's", () => {
  for (const { output, ...jitter } of fixture.jitters) {
    const { brightness, contrast, saturation, hue, order } = jitter;
    test(`${[brightness, contrast, saturation, hue].join(", ")} in the order ${order.join(", ")}`, () => {
      const rgb = input();
      applyJitter(rgb, jitter);
      expectClose(rgb, output, close);
      // The case distorts: one that returns its input would fail.
      expect(Math.max(...output.map((value, i) => Math.abs(value - input()[i]!)))).toBeGreaterThan(
        0.05,
      );
    });
  }
});

test("a shared jitter's contrast is about the mean that is given", () => {
  const jitter: Jitter = { ...fixture.jitters[2]!, brightness: 1, saturation: 1, hue: 0 };
  const rgb = new Float32Array(3).fill(0.5);
  applyJitter(rgb, { ...jitter, contrast: 0.6 }, 0.9);
  // 0.6 * 0.5 + 0.4 * 0.9, in float32.
  expectClose(rgb, [0.66, 0.66, 0.66], close);
});

test("grey and solarisation are torchvision's, the threshold at 128 included", () => {
  const grey = input();
  makeGrey(grey);
  expectClose(grey, fixture.grey, close);
  const inverted = input();
  solarise(inverted);
  expectClose(inverted, fixture.solarise, close);
});

test("solarisation inverts 128 to 255 and leaves 0 to 127, at all 256 levels", () => {
  const levels = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  solarise(levels);
  const expected = Array.from({ length: 256 }, (_, i) => (i < 128 ? i : 255 - i));
  expect(Array.from(levels, (value) => Math.round(255 * value))).toEqual(expected);
});

describe("blur is torchvision's gaussian_blur with a kernel of nine", () => {
  for (const { sigma, output } of fixture.blurs) {
    test(`sigma ${sigma}`, () => {
      const planes = input();
      blur(planes, fixture.side, sigma);
      expectClose(planes, output, close);
    });
  }
});
