/** The numbers of a parity card against closed forms and NumPy's own percentile. */
import { describe, expect, test } from "vitest";
import { comparePicture, summariseAgreement } from "../../engine/parity/agreement.ts";
import { barOf, judge, parseBars } from "../../engine/parity/bars.ts";
import type { SeenTokens } from "../../engine/parity/token-source.ts";
import type { Geometry } from "../../engine/protocol/geometry.ts";

/** Rows of two channels; the first is CLS, the others are patches. */
function seen(...rows: readonly (readonly [number, number])[]): SeenTokens {
  const all = Float32Array.from(rows.flat());
  // No number here depends on it.
  const geometry = {} as Geometry;
  return { geometry, all, patches: all.subarray(2), width: 2 };
}

const turned = (degrees: number, length = 1): [number, number] => {
  const angle = (degrees * Math.PI) / 180;
  return [length * Math.cos(angle), length * Math.sin(angle)];
};

test("a turned patch has the cosine of its angle, whatever its length", () => {
  const { cosines } = comparePicture(
    seen([0, 0], turned(0), turned(90), turned(200, 3)),
    seen([0, 0], turned(60, 5), turned(90, 0.1), turned(20)),
  );
  // float32 holds seven digits.
  [0.5, 1, -1].forEach((cosine, i) => expect(cosines[i]).toBeCloseTo(cosine, 6));
});

test("the largest difference counts CLS too", () => {
  const { largestDifference } = comparePicture(
    seen([1, 2], [3, 4], [5, 6]),
    seen([1, 2.5], [3, 4.25], [5, 6]),
  );
  expect(largestDifference).toBe(0.5);
});

test("nearest patches: one in three changes its nearest", () => {
  // By angle: 0 and 10 are each other's nearest, 40's is 10. Then 40 moves past 80's side of 10.
  const before = seen([0, 0], turned(0), turned(10), turned(40), turned(80));
  expect(comparePicture(before, before)).toMatchObject({ queries: 4, sameNearest: 4 });
  // 40 turned to 50: its nearest becomes 80; 80's stays it.
  const after = seen([0, 0], turned(0), turned(10), turned(50), turned(80));
  expect(comparePicture(before, after)).toMatchObject({ queries: 4, sameNearest: 3 });
});

test("where several are equally near, each of them is right", () => {
  const before = seen([0, 0], [1, 0], [1, 0], [1, 0]);
  const after = seen([0, 0], [1, 0], [0.9, 0.1], [1, 0.001]);
  expect(comparePicture(before, after).sameNearest).toBe(3);
});

test("rows of zeros are the same as rows of zeros, and as nothing else", () => {
  const { cosines } = comparePicture(seen([0, 0], [0, 0], [0, 0]), seen([0, 0], [0, 0], [1, 0]));
  expect([...cosines]).toEqual([1, 0]);
});

test("what is not finite is counted, is as far off as can be, and fails every bar", () => {
  const one = comparePicture(seen([0, 0], [1, 0], [0, 1]), seen([0, 0], [1, NaN], [0, Infinity]));
  expect(one).toMatchObject({ notFinite: 2, largestDifference: 0 });
  expect([...one.cosines]).toEqual([-1, -1]);
  const numbers = summariseAgreement([one]);
  for (const precision of ["fp32", "int4"] as const) {
    const { verdict, reason } = judge(barOf(precision), numbers);
    expect([verdict, reason]).toEqual(["fail", "2 values are not finite."]);
  }
});

test("pictures are put together patch by patch, with NumPy's percentiles", () => {
  const picture = (cosines: number[], sameNearest: number) => ({
    cosines: Float64Array.from(cosines),
    largestDifference: cosines.length,
    queries: cosines.length,
    sameNearest,
    notFinite: 0,
  });
  // numpy.percentile([0.2, 0.9, 0.4, 0.6, 0.8], [1, 50]) is [0.208, 0.6].
  const numbers = summariseAgreement([picture([0.9, 0.2], 1), picture([0.4, 0.6, 0.8], 3)]);
  expect(numbers).toMatchObject({ patches: 5, largestDifference: 3, nearest: 4 / 5 });
  expect(numbers.cosine.min).toBe(0.2);
  expect(numbers.cosine.p1).toBeCloseTo(0.208, 12);
  expect(numbers.cosine.median).toBe(0.6);
});

describe("bars", () => {
  const numbers = (p1: number, largestDifference: number) => ({
    patches: 1,
    cosine: { min: p1, p1, median: p1 },
    largestDifference,
    nearest: 1,
    notFinite: 0,
  });

  test("are those of the issue", () => {
    const verdict = (precision: Parameters<typeof barOf>[0], p1: number, difference: number) =>
      judge(barOf(precision), numbers(p1, difference)).verdict;
    expect(verdict("fp32", 1, 9.9e-5)).toBe("pass");
    expect(verdict("fp32", 1, 1e-4)).toBe("fail");
    expect(verdict("fp16", 0.999, 1)).toBe("pass");
    expect(verdict("fp16", 0.9989, 0)).toBe("fail");
    expect(verdict("int8", 0.98, 1)).toBe("pass");
    expect(verdict("int8", 0.9799, 1)).toBe("fail");
  });

  test("may be others, and nonsense is refused", () => {
    expect(parseBars("fp32=1e-3, int8=0.97")).toEqual({ fp32: 1e-3, int8: 0.97 });
    expect(barOf("int8", { int8: 0.5 })).toEqual({ measure: "cosine-p1", limit: 0.5 });
    for (const text of ["", "int8", "int8=", "int8=2", "int8=0", "q8=0.5", "int8=x"]) {
      expect(() => parseBars(text), text).toThrow(/^--bar: expected PRECISION=LIMIT/);
    }
  });
});
