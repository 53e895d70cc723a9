/** The cosines of the WebAssembly kernel against closed forms and against sums in float64. */
import { getFloat16, setFloat16 } from "@petamoriken/float16";
import { describe, expect, it } from "vitest";
import { UnitRows } from "../../renderer/compute/unit-rows.ts";

function halfBits(values: Iterable<number>): Uint16Array {
  const view = new DataView(new ArrayBuffer(2));
  return Uint16Array.from(values, (value) => {
    setFloat16(view, 0, value);
    return view.getUint16(0);
  });
}

function fromHalfBits(bits: Uint16Array): number[] {
  const view = new DataView(new ArrayBuffer(2));
  return Array.from(bits, (one) => {
    view.setUint16(0, one);
    return getFloat16(view, 0);
  });
}

const at = (angle: number, length = 1) => [length * Math.cos(angle), length * Math.sin(angle)];
const noTokens = new Float32Array();
/** Eleven bits of mantissa: an angle is off by less than 2 ** -11. */
const halfDigits = 3;

describe("rows of length 1 and their cosines", () => {
  it("rows at angle a to the query have cosine cos(a), whatever their length", () => {
    const angles = [0, 0.3, 1, Math.PI / 2, 2, Math.PI];
    const rows = new UnitRows(halfBits(angles.flatMap((a, i) => at(a, i + 1))), noTokens, 2);
    const { values } = rows.cosines(rows.meanOf([0]));
    expect(values).toHaveLength(angles.length);
    angles.forEach((a, i) => expect(values[i]).toBeCloseTo(Math.cos(a), halfDigits));
  });

  it("every value of every row counts, for any width and any number of rows", () => {
    const count = 7;
    for (const d of [1, 3, 15, 16, 17, 64, 384]) {
      const bits = halfBits(Array.from({ length: count * d }, (_, i) => Math.sin(i * 1.7) + 0.2));
      const tokens = Float32Array.from({ length: 5 * d }, (_, i) => Math.cos(i * 0.9));
      const exact = [...tokens, ...fromHalfBits(bits)];
      const dot = (a: number, b: number) => {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += exact[a * d + i]! * exact[b * d + i]!;
        return sum;
      };
      const cosine = (a: number, b: number) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      const rows = new UnitRows(bits, tokens, d);
      const ofPatch = rows.cosines(rows.meanOf([1]));
      const ofRegister = rows.cosines(rows.token(2));
      const [own, register] = [5 + 1, 2];
      const pairs = [
        ...Array.from(ofPatch.values, (value, i) => [value, cosine(own, 5 + i)]),
        ...Array.from(ofPatch.tokens, (value, i) => [value, cosine(own, i)]),
        ...Array.from(ofRegister.values, (value, i) => [value, cosine(register, 5 + i)]),
        ...Array.from(ofRegister.tokens, (value, i) => [value, cosine(register, i)]),
      ] as [number, number][];
      expect(pairs).toHaveLength(2 * (count + 5));
      // Sums of up to 384 float32 products below 1: a few units in the last place of 1.
      for (const [value, expected] of pairs) expect(Math.abs(value - expected)).toBeLessThan(2e-6);
    }
  });

  it("several patches ask as the direction of their mean; one named twice counts once", () => {
    const rows = new UnitRows(
      halfBits([at(0.2), at(1.2), at(0.7), at(0.2 + Math.PI)].flat()),
      noTokens,
      2,
    );
    const mean = rows.meanOf([0, 1, 0]);
    expect(mean[0]).toBeCloseTo(Math.cos(0.7), halfDigits);
    expect(rows.cosines(mean).values[2]).toBeCloseTo(1, halfDigits);
    // Opposite patches cancel out: no direction, and no NaN.
    const opposite = new UnitRows(halfBits([1, 0, -1, 0]), noTokens, 2);
    expect(opposite.meanOf([0, 1])).toEqual(new Float32Array(2));
  });

  it("a row of zeros has cosine 0 and stays finite", () => {
    const rows = new UnitRows(halfBits([3, 4, 0, 0]), noTokens, 2);
    expect([...rows.cosines(rows.meanOf([0])).values]).toEqual([expect.closeTo(1, 6), 0]);
  });

  it("one answer does not change with the next", () => {
    const rows = new UnitRows(halfBits([1, 0, 0, 1]), noTokens, 2);
    const first = rows.cosines(rows.meanOf([0])).values;
    rows.cosines(rows.meanOf([1]));
    expect([...first]).toEqual([1, 0]);
  });

  it("half floats are the numbers of IEEE 754 binary16", () => {
    // The largest, the smallest and a third, each beside a zero so that only the sign is left.
    const rows = new UnitRows(new Uint16Array([0x7bff, 0, 0x8001, 0, 0x3c00, 0x3555]), noTokens, 2);
    const { values } = rows.cosines(rows.meanOf([0]));
    expect([...values]).toEqual([1, -1, expect.closeTo(1 / Math.hypot(1, 1 / 3), 4)]);
  });
});
