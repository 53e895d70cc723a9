/** The teacher's assignments as they are shown. */
import { expect, it } from "vitest";
import { strongest } from "../../renderer/panels/train/assignments.ts";

it("the strongest prototypes are kept, ordered by the crop that gives them most", () => {
  const values = Float32Array.of(0.1, 0.6, 0.1, 0.2, 0.7, 0.05, 0.05, 0.2);
  const { prototypes, values: table, rows } = strongest(values, 2, 4, 2);
  expect(prototypes).toEqual([1, 0]);
  expect([...table]).toEqual([0.6, 0.1, 0.05, 0.7].map(Math.fround));
  expect(rows.map(({ best }) => best)).toEqual([1, 0]);
});

it("the effective number of prototypes is 1 for one, and K for all alike", () => {
  const { rows } = strongest(Float32Array.of(1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25), 2, 4, 4);
  expect(rows[0]!.effective).toBeCloseTo(1, 6);
  expect(rows[1]!.effective).toBeCloseTo(4, 5);
});
