/** Labels carried through frames, against loops over all pairs in NumPy. */
import { describe, expect, it } from "vitest";
import { Propagation, type PropagationSettings } from "../../engine/evaluation/propagation.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { noise } from "../support/feature-maps.ts";
import { prepareEagerly } from "../support/eager-program.ts";
import { fixture } from "./labelled-probes-fixture.ts";

const { rows, cols, width, classes, context, neighbours, temperature, features, first, runs } =
  fixture.propagation;
const frame = (values: ArrayLike<number>, r = rows, c = cols, d = width) => ({
  cls: new Float32Array(d),
  patches: Float32Array.from(values),
  rows: r,
  cols: c,
  width: d,
});
const eager = () => new PreparedPrograms({ prepare: async (program) => prepareEagerly(program) });
const compiled = async () => new PreparedPrograms((await chooseExecutor("cpu")).executor);

describe("propagation", () => {
  it.each([
    ["op by op", async () => eager()],
    ["compiled", compiled],
  ])("agrees with NumPy in every frame, %s", async (_, start) => {
    const programs = await start();
    for (const { shape, radius, labels } of runs) {
      const settings = { context, radius, shape, neighbours, temperature };
      const video = new Propagation(
        frame(features[0]!),
        Float32Array.from(first),
        classes,
        settings,
        programs,
      );
      for (const [t, expected] of labels.entries()) {
        const found = await video.next(frame(features[t + 1]!));
        // Cosines in float32 differ by 1e-7, over a temperature of 0.2.
        found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      }
    }
    await programs.dispose();
  });

  it("gives the same by bands of rows as at once", async () => {
    // 40 x 40 patches are asked in bands of 25 rows; looking everywhere they see all rows.
    const [r, c, d] = [40, 40, 4];
    const frames = [1, 2, 3].map((seed) => frame(noise(seed, r * c * d), r, c, d));
    const labels = Float32Array.from({ length: 2 * r * c }, (_, i) =>
      Math.floor(i / 2 / c) < 20 === (i % 2 === 0) ? 1 : 0,
    );
    const settings: PropagationSettings = {
      context: 1,
      radius: 3,
      shape: "square",
      neighbours: 2,
      temperature: 0.1,
    };
    const programs = await compiled();
    const video = new Propagation(frames[0]!, labels, 2, settings, programs);
    const found = [await video.next(frames[1]!), await video.next(frames[2]!)];
    const expected = bruteForce(frames, labels, r, c, settings);
    found.forEach((values, t) =>
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[t]![i]!, 4)),
    );
    await programs.dispose();
  });
});

/** The same from the definition, for two labels and a square neighbourhood. */
function bruteForce(
  frames: readonly { patches: Float32Array; width: number }[],
  first: Float32Array,
  r: number,
  c: number,
  { radius, neighbours: k, temperature: t, context: n }: PropagationSettings,
): Float32Array[] {
  const unit = frames.map(({ patches, width: d }) =>
    patches.map((value, i) => {
      const from = i - (i % d);
      return value / Math.hypot(...patches.subarray(from, from + d));
    }),
  );
  const d = frames[0]!.width;
  const labels = [first];
  for (let f = 1; f < frames.length; f++) {
    const sources = [
      0,
      ...Array.from({ length: f }, (_, s) => s).filter((s) => s > 0 && s >= f - n),
    ];
    const out = new Float32Array(first.length);
    for (let i = 0; i < r * c; i++) {
      const found: [number, number, number][] = [];
      for (const s of sources) {
        for (let j = 0; j < r * c; j++) {
          const dy = Math.abs(Math.floor(i / c) - Math.floor(j / c));
          const dx = Math.abs((i % c) - (j % c));
          if (Math.max(dx, dy) > radius) continue;
          let cosine = 0;
          for (let e = 0; e < d; e++) cosine += unit[f]![i * d + e]! * unit[s]![j * d + e]!;
          found.push([cosine, s, j]);
        }
      }
      const best = found.sort((a, b) => b[0] - a[0]).slice(0, k);
      const total = best.reduce((sum, [cosine]) => sum + Math.exp(cosine / t), 0);
      for (const [cosine, s, j] of best) {
        const weight = Math.exp(cosine / t) / total;
        out[2 * i]! += weight * labels[s]![2 * j]!;
        out[2 * i + 1]! += weight * labels[s]![2 * j + 1]!;
      }
    }
    labels.push(out);
  }
  return labels.slice(1);
}
