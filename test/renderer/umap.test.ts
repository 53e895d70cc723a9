/** UMAP in the page: exact neighbours, groups that part, the same points from the same seed. */
import { setFloat16 } from "@petamoriken/float16";
import { describe, expect, it } from "vitest";
import { nearestRows } from "../../renderer/compute/nearest-rows.ts";
import { seededDraws } from "../../renderer/compute/seeded-draws.ts";
import { umapLayout } from "../../renderer/compute/umap.ts";
import { UnitRows } from "../../renderer/compute/unit-rows.ts";

const d = 20;
const groups = 3;

/** Rows around three directions at right angles, in turn. */
function grouped(count: number, spread: number): Float32Array {
  const draw = seededDraws(8);
  return Float32Array.from({ length: count * d }, (_, i) => {
    const own = i % d === 5 * (Math.floor(i / d) % groups) ? 1 : 0;
    return own + spread * (draw() - 0.5);
  });
}

function float16Bits(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  const view = new DataView(bits.buffer);
  values.forEach((value, i) => setFloat16(view, 2 * i, value, true));
  return bits;
}

const start = (count: number) => {
  const draw = seededDraws(1);
  return Float32Array.from({ length: 3 * count }, () => draw() - 0.5);
};

describe("nearest rows", () => {
  it("are those of a sort of all cosines, the row itself left out", () => {
    const count = 60;
    const values = grouped(count, 0.8);
    const bits = float16Bits(values);
    const rows = new UnitRows(bits, new Float32Array(0), d);
    const sample = Int32Array.from({ length: 30 }, (_, i) => 2 * i);
    const { places, cosines } = nearestRows(rows, count, sample, 5, () => undefined);
    for (let row = 0; row < count; row++) {
      const all = rows.cosines(rows.meanOf([row])).values;
      const expected = [...sample.keys()]
        .filter((place) => sample[place] !== row)
        .sort((a, b) => all[sample[b]!]! - all[sample[a]!]!)
        .slice(0, 5);
      expect([...places.subarray(5 * row, 5 * row + 5)]).toEqual(expected);
      expect(cosines[5 * row]).toBe(all[sample[expected[0]!]!]);
    }
  });
});

describe("umap", () => {
  const count = 60;
  /** Enough to part groups; the program takes more. */
  const epochs = 60;
  const input = (seed: number) => ({
    bits: float16Bits(grouped(count, 0.6)),
    d,
    start: start(count),
    seed,
  });
  const distance = (at: Float32Array, a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((c) => at[3 * a + c]! - at[3 * b + c]!));
  /** Of all points, how many have their nearest point in their own group. */
  const isPure = (at: Float32Array) => {
    let pure = 0;
    for (let a = 0; a < count; a++) {
      let nearest = a === 0 ? 1 : 0;
      for (let b = 0; b < count; b++) {
        if (b !== a && distance(at, a, b) < distance(at, a, nearest)) nearest = b;
      }
      pure += Number(nearest % groups === a % groups);
    }
    return pure / count;
  };

  it("parts groups that are apart, whatever their start was, and repeats with its seed", () => {
    const told: number[] = [];
    const first = umapLayout(input(4), (fraction) => told.push(fraction), { epochs });
    expect(first.fitted).toBe(count);
    expect(isPure(start(count))).toBeLessThan(0.6);
    expect(isPure(first.coordinates)).toBe(1);
    expect(told.every((fraction, i) => fraction >= (told[i - 1] ?? 0))).toBe(true);
    expect(told.at(-1)).toBe(1);
    expect(umapLayout(input(4), () => undefined, { epochs })).toEqual(first);
    expect(umapLayout(input(5), () => undefined, { epochs }).coordinates).not.toEqual(
      first.coordinates,
    );
  });

  it("fits on a sample where there are more, and puts the others to their own group", () => {
    const { coordinates, fitted } = umapLayout(input(4), () => undefined, { most: 30, epochs });
    expect(fitted).toBe(30);
    expect(coordinates.every(Number.isFinite)).toBe(true);
    expect(isPure(coordinates)).toBe(1);
  });

  it("leaves too few points where they are, and equal points are no trouble", () => {
    const few = { ...input(1), bits: float16Bits(grouped(3, 0.1)), start: start(3) };
    expect(umapLayout(few, () => undefined).coordinates).toEqual(start(3));
    const same = { ...input(1), bits: float16Bits(new Float32Array(40 * d).fill(1)) };
    const flat = { ...same, start: new Float32Array(120) };
    expect(umapLayout(flat, () => undefined, { epochs }).coordinates.every(Number.isFinite)).toBe(
      true,
    );
  });
});
