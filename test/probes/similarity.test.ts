/** Cosine maps of a query, of CLS, and what they refuse. */
import { describe, expect, it } from "vitest";
import { run as runCls } from "../../engine/probes/cls.ts";
import { run } from "../../engine/probes/cosine.ts";
import { probeOptions, type ProbeOptionsInput } from "../../engine/protocol/probes.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { context, featureMap, noise, shownRef } from "../support/feature-maps.ts";

const cosine = (options: ProbeOptionsInput<"cosine">) => probeOptions.cosine.parse(options);

/** 2 x 3 patches in the plane, at these angles and lengths. */
const degrees = [0, 60, 90, 120, 180, 10];
const plane = featureMap(
  2,
  3,
  degrees.flatMap((angle, i) => [
    (i + 1) * Math.cos((angle * Math.PI) / 180),
    (i + 1) * Math.sin((angle * Math.PI) / 180),
    0,
  ]),
);
const cosOf = (angle: number) => Math.cos((angle * Math.PI) / 180);
const valuesOf = (result: { maps: { values: Parameters<typeof float32Values>[0] }[] }) =>
  Array.from(float32Values(result.maps[0]!.values));

describe("cosine", () => {
  it("is the cosine of the angle, whatever the lengths", async () => {
    const result = await run(plane, shownRef, cosine({ queries: [{ row: 0, col: 0 }] }), context());
    valuesOf(result).forEach((value, i) => expect(value).toBeCloseTo(cosOf(degrees[i]!), 6));
    expect(result.maps[0]).toMatchObject({ kind: "scalar", range: [-1, 1], unit: "cosine" });
    expect(result.tokens).toEqual([
      { name: "CLS", value: 1, outlier: false },
      { name: "register 0", value: expect.closeTo(1 / Math.sqrt(3), 6) as number, outlier: false },
      { name: "register 1", value: expect.closeTo(1 / Math.sqrt(3), 6) as number, outlier: false },
    ]);
  });

  it("averages directions, not lengths, over several queries", async () => {
    const queries = [
      { row: 0, col: 0 },
      { row: 0, col: 2 },
      { row: 0, col: 2 },
    ];
    const result = await run(plane, shownRef, cosine({ queries }), context());
    // 0 and 90 degrees of lengths 1 and 3, one named twice: the query points to 45 degrees.
    valuesOf(result).forEach((value, i) => expect(value).toBeCloseTo(cosOf(degrees[i]! - 45), 6));
  });

  it("lists the best matches outside the excluded radius, best first", async () => {
    const queries = [{ row: 0, col: 0 }];
    const places = async (exclude: number) => {
      const options = cosine({ queries, exclude, matches: 3 });
      const { marks } = await run(plane, shownRef, options, context());
      return marks.map(({ patch }) => patch.row * 3 + patch.col);
    };
    expect(await places(0)).toEqual([0, 5, 1]);
    expect(await places(1)).toEqual([5, 1, 2]);
    expect(await places(2)).toEqual([5, 2]); // Only two patches are 2 or more away.
    expect(await places(64)).toEqual([]);
  });

  it("shows the map over another image, where nothing is excluded", async () => {
    const other = featureMap(1, 2, [0, 5, 0, 1, 1, 0], { image: "other" });
    const target = { ...shownRef, image: "i2" };
    const options = cosine({ queries: [{ row: 0, col: 0 }], target, matches: 1, exclude: 8 });
    const result = await run(
      plane,
      shownRef,
      options,
      context({ features: () => Promise.resolve(other) }),
    );
    expect(result.maps[0]!.values.shape).toEqual([1, 2]);
    expect(valuesOf(result)[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(result.marks.map(({ patch }) => patch)).toEqual([{ row: 0, col: 1 }]);
    expect(result.recipe).toContainEqual({ label: "Image", text: "other, 32x16 px" });
  });

  it("excludes the same place of the same photograph at another size", async () => {
    const patches = noise(3, 4 * 6 * 3);
    const fine = featureMap(4, 6, patches, {
      geometry: { ...featureMap(4, 6, patches).geometry, region: plane.geometry.region },
    });
    const target = { ...shownRef, size: { kind: "short" as const, side: 64 } };
    const options = cosine({ queries: [{ row: 1, col: 2 }], target, matches: 24, exclude: 1 });
    const result = await run(
      plane,
      shownRef,
      options,
      context({ features: () => Promise.resolve(fine) }),
    );
    expect(result.marks).toHaveLength(23);
    expect(result.marks.map(({ patch }) => patch)).not.toContainEqual({ row: 3, col: 5 });
  });

  it("refuses a patch outside the grid, naming it and the grid", async () => {
    const options = cosine({ queries: [{ row: 1, col: 3 }] });
    await expect(run(plane, shownRef, options, context())).rejects.toMatchObject({
      code: "patch.range",
      message:
        "patch: expected row 0 to 1 and column 0 to 2 of the 2x3 grid, received row 1, column 3",
    });
  });

  it("refuses a target of another layer", async () => {
    const other = featureMap(1, 1, [1, 2, 3], { block: 4 });
    const options = cosine({ queries: [{ row: 0, col: 0 }], target: { ...shownRef, layer: 4 } });
    await expect(
      run(plane, shownRef, options, context({ features: () => Promise.resolve(other) })),
    ).rejects.toMatchObject({ code: "option.invalid" });
  });

  it("gives 0, not NaN, for patches and queries of zeros", async () => {
    const map = featureMap(1, 2, [0, 0, 0, 1, 2, 2]);
    const result = await run(map, shownRef, cosine({ queries: [{ row: 0, col: 0 }] }), context());
    expect(valuesOf(result)).toEqual([0, 0]);
  });

  it("agrees with a plain double-precision loop over several tiles of rows", async () => {
    const map = featureMap(40, 30, noise(11, 1200 * 8));
    const queries = [{ row: 17, col: 4 }];
    const found = valuesOf(await run(map, shownRef, cosine({ queries }), context()));
    const at = (i: number) => Array.from(map.patches.subarray(8 * i, 8 * i + 8));
    const q = at(17 * 30 + 4);
    const inner = (a: number[], b: number[]) => a.reduce((sum, v, j) => sum + v * b[j]!, 0);
    const worst = found.reduce((most, value, i) => {
      const p = at(i);
      const exact = inner(p, q) / Math.sqrt(inner(p, p) * inner(q, q));
      return Math.max(most, Math.abs(value - exact));
    }, 0);
    expect(worst).toBeLessThan(1e-6); // A few float32 roundings of values up to 1.
  });

  it("ends as cancelled when the signal has fired", async () => {
    const signal = AbortSignal.abort();
    await expect(
      run(plane, shownRef, cosine({ queries: [{ row: 0, col: 0 }] }), context({ signal })),
    ).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("cls", () => {
  it("is the cosine to CLS, with its mean", async () => {
    const result = await runCls(plane, shownRef, {}, context());
    valuesOf(result).forEach((value, i) => expect(value).toBeCloseTo(cosOf(degrees[i]!), 6));
    const expected = degrees.reduce((sum, angle) => sum + cosOf(angle), 0) / 6;
    expect(result.numbers[0]).toEqual({
      label: "mean",
      value: expect.closeTo(expected, 6) as number,
      unit: "cosine",
    });
  });
});
