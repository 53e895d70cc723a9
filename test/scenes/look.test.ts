/** Pictures stay what they were when their version was given, and noise is the same in all its forms. */
import sharp from "sharp";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Draws } from "../../engine/random/draws.ts";
import {
  noise,
  noiseAt,
  noisePlane,
  planeNoiseAt,
  roughNoiseAt,
  roughNoisePlanes,
  roughPlaneNoiseAt,
} from "../../engine/scenes/noise.ts";
import { scenePicture } from "../../engine/scenes/render.ts";
import { scenesVersion } from "../../engine/scenes/scene-sets.ts";

test("sixteen scenes are those of version 2, byte by byte", async () => {
  // Scenes 0 to 15 of seed 6, 64 px, four in a row, drawn pixel by pixel on 2026-11-21 before
  // surfaces were shaded by the hundred. They hold all twelve kinds and all seventeen patterns.
  const file = fileURLToPath(new URL("../fixtures/scenes/version-2.png", import.meta.url));
  const known = await sharp(file).raw().toBuffer();
  expect(scenesVersion).toBe(2);
  const side = 64;
  let different = 0;
  for (let index = 0; index < 16; index++) {
    const { pixels } = scenePicture(6, index, side);
    for (let i = 0; i < pixels.length; i++) {
      const y = Math.floor(index / 4) * side + Math.floor(i / (3 * side));
      const x = (index % 4) * 3 * side + (i % (3 * side));
      const apart = Math.abs(pixels[i]! - known[y * 4 * 3 * side + x]!);
      if (apart > 1) expect.fail(`scene ${index}: byte ${i} is ${apart} off`);
      different += apart;
    }
  }
  // On the machine that drew them none differs; another may round a sine or an exponential
  // differently, which moves a byte in some millions.
  expect(different).toBeLessThan(1e-4 * known.length);
});

const count = 200;
const draws = new Draws(5, 1);
const numbers = () => Float64Array.from({ length: count }, () => draws.between(-70, 70));
const points = { count, x: numbers(), y: numbers(), z: numbers() };
// The same sums in another order: some units in the last place of numbers up to 1.
const close = 12;

test("noise at many points is noise at each, and repeats every 32 units", () => {
  const found = new Float64Array(count);
  noiseAt(found, points, 1.5, [0.3, 0, 2]);
  const rough = new Float64Array(count);
  roughNoiseAt(rough, points, 0.6);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [points.x[i]!, points.y[i]!, points.z[i]!];
    expect(found[i]).toBeCloseTo(noise(1.5 * x + 0.3 - 32, 1.5 * y + 64, 1.5 * z + 2), close);
    const [u, v, w] = [0.6 * x, 0.6 * y, 0.6 * z];
    const octave = noise(2.1 * u + 7.3, 2.1 * v + 1.7, 2.1 * w + 4.1);
    expect(rough[i]).toBeCloseTo(0.66 * noise(u, v, w) + 0.34 * octave, close);
    expect(found[i]).toBeGreaterThanOrEqual(0);
    expect(found[i]).toBeLessThan(1);
  }
});

test.each([0.5, 4.25, 33, -7.9])("a plane of noise is the noise at its height of %s", (y) => {
  const flat = new Float64Array(count);
  planeNoiseAt(flat, noisePlane(y), points, 1.2, 0.7);
  const rough = new Float64Array(count);
  roughPlaneNoiseAt(rough, roughNoisePlanes(y), points, 0.3);
  const heights = { ...points, y: new Float64Array(count).fill(y / 0.3) };
  const expected = new Float64Array(count);
  roughNoiseAt(expected, heights, 0.3);
  for (let i = 0; i < count; i++) {
    expect(flat[i]).toBeCloseTo(noise(1.2 * points.x[i]!, y, 0.7 * points.z[i]!), close);
    expect(rough[i]).toBeCloseTo(expected[i]!, close);
  }
});
