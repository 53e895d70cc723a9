/** Compare two arrays of numbers and name the worst element. */
import { expect } from "vitest";

/**
 * |actual - expected| <= atol + rtol |expected| for every element.
 * @param what goes into the message
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol, rtol = 0 }: { atol: number; rtol?: number },
  what = "values",
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  let worst = 0;
  let excess = -Infinity;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    const over = difference - (atol + rtol * Math.abs(expected[i]!));
    if (over > excess || Number.isNaN(over)) {
      excess = Number.isNaN(over) ? Infinity : over;
      worst = i;
    }
  }
  if (excess > 0) {
    expect.fail(
      `${what}: element ${worst} is ${actual[worst]}, expected ${expected[worst]} (atol ${atol}, rtol ${rtol})`,
    );
  }
}
