/** Matches whose truth is known: a picture and itself, a picture and its shift, angles on a circle. */
import { describe, expect, it } from "vitest";
import {
  correspondencePresets,
  measureCorrespondence,
  type CorrespondenceSettings,
} from "../../engine/evaluation/correspondence.ts";
import { densePoints, matchPoints, patchesAt } from "../../engine/evaluation/matching.ts";
import { probeReport } from "../../engine/evaluation/probe-report.ts";
import type { MatchedPair } from "../../engine/labels/labelled.ts";
import { confetti, listed, measuring, painted, patch } from "./colour-backbone.ts";

const [rows, cols] = [6, 8];
const first = painted("a", rows, cols, confetti(1));
/** Two patches to the right; what comes in from the left is new. */
const shifted = painted("b", rows, cols, (row, col) =>
  col < 2 ? confetti(2)(row, col) : confetti(1)(row, col - 2),
);
const unrelated = painted("c", rows, cols, confetti(3));
const centre = (row: number, col: number) => ({ x: (col + 0.5) * patch, y: (row + 0.5) * patch });
const everyPatch = (seen: number, shift: number) =>
  Array.from({ length: rows * seen }, (_, i) => {
    const [row, col] = [Math.floor(i / seen), i % seen];
    return { from: centre(row, col), to: centre(row, col + shift) };
  });
const unit = cols * patch;
const same: MatchedPair = { first, second: first, points: everyPatch(cols, 0), unit };
const moved: MatchedPair = { first, second: shifted, points: everyPatch(cols - 2, 2), unit };
const lost: MatchedPair = { first, second: unrelated, points: everyPatch(cols, 0), unit };

const native: CorrespondenceSettings = {
  ...correspondencePresets.spair,
  size: { kind: "native" },
};
const sets = (pairs: readonly MatchedPair[]) => ({
  items: listed(pairs),
  description: "painted pairs",
  fingerprint: "pairs-1",
});
const measure = (
  pairs: readonly MatchedPair[],
  changes: Partial<CorrespondenceSettings> = {},
  around = measuring(),
) =>
  measureCorrespondence(sets(pairs), around, {
    preset: "test",
    settings: { ...native, ...changes },
    seed: 4,
  });
const valueOf = (report: { numbers: readonly { name: string; value: number }[] }, name: string) =>
  report.numbers.find((number) => number.name === name)!.value;

describe("correspondence", () => {
  it.each(["patch", "bilinear"] as const)(
    "is perfect between a picture and itself, and its shift: %s",
    async (sampling) => {
      const { report } = await measure([same, moved], { sampling });
      expect(probeReport.parse(report)).toEqual(report);
      expect(report.numbers[0]).toMatchObject({ name: "recall at 0.1", value: 1, low: 1, high: 1 });
      expect(valueOf(report, "mean recall")).toBe(1);
      expect(valueOf(report, "median error")).toBe(0);
      expect(report.settings["pointsMatched"]).toBe(rows * cols + rows * (cols - 2));
    },
  );

  it("counts points, draws pairs, and names the best and the worst", async () => {
    const { report, drawings } = await measure([moved, lost, same], { sampling: "patch" });
    const [right, all] = [rows * (2 * cols - 2), rows * (3 * cols - 2)];
    const found = drawings.find(({ second }) => second === "c")!.matches;
    const lucky = found.filter(({ error }) => error <= 0.1).length;
    expect(lucky).toBeLessThan(rows);
    const [main] = report.numbers;
    expect(main!.value).toBeCloseTo((right + lucky) / all, 12);
    expect(main!.low).toBeLessThan(main!.value);
    expect(main!.high).toBe(1);
    expect(report.cases.map(({ place, index }) => [place, index])).toEqual([
      ["best", 0],
      ["median", 2],
      ["worst", 1],
    ]);
    expect(report.cases[2]!.score).toBeCloseTo(lucky / (rows * cols), 12);
    expect(report.cases[2]!.name).toBe("a - c");
    // Each drawing is of its case: the truth and what was found, in pixels.
    expect(drawings.map(({ second }) => second)).toEqual(["b", "a", "c"]);
    for (const { to, found: point } of drawings[0]!.matches) expect(point).toEqual(to);
  });

  it("measures distances in the unit of the pair, from where the patch is said to be", async () => {
    // A point in a corner of its patch: the centre is 3.5 px away along each axis.
    const point = { x: 4 * patch + 0.5, y: 2 * patch + 0.5 };
    const pair = { ...same, points: [{ from: point, to: point }], unit: 50 };
    const { drawings } = await measure([pair], { sampling: "patch" });
    expect(drawings[0]!.matches[0]!.error).toBeCloseTo(Math.hypot(3.5, 3.5) / 50, 12);
    const corner = await measure([pair], { sampling: "patch", place: "corner" });
    expect(corner.drawings[0]!.matches[0]!.error).toBeCloseTo(Math.hypot(0.5, 0.5) / 50, 12);
  });

  it("counts an error of exactly the threshold as right", async () => {
    // 3 and 4 px beside the centre that is found: 5 px, a tenth of 50.
    const from = centre(2, 4);
    const pair = { ...same, points: [{ from, to: { x: from.x + 3, y: from.y + 4 } }], unit: 50 };
    const { report } = await measure([pair], { sampling: "patch" });
    expect(valueOf(report, "median error")).toBe(0.1);
    expect(valueOf(report, "recall at 0.1")).toBe(1);
    expect(valueOf(report, "recall at 0.05")).toBe(0);
  });

  it("takes the parts of four patches that bilinear sampling says", () => {
    const size = { width: 80, height: 40 };
    const weights = (x: number, y: number, sampling: "bilinear" | "bilinear-corners") =>
      Object.fromEntries(
        patchesAt({ x, y }, size, 4, 8, sampling)
          .filter(({ weight }) => weight > 0)
          .map(({ patch: index, weight }) => [index, weight]),
      );
    expect(weights(15, 5, "bilinear")).toEqual({ 1: 1 });
    expect(weights(17.5, 10, "bilinear")).toEqual({ 1: 0.375, 2: 0.125, 9: 0.375, 10: 0.125 });
    expect(weights(0, 0, "bilinear")).toEqual({ 0: 1 });
    expect(weights(80, 40, "bilinear")).toEqual({ 31: 1 });
    // align_corners: the picture's middle is the grid's, 3.5 patches from its first centre.
    expect(weights(40, 20, "bilinear-corners")).toEqual({ 11: 0.25, 12: 0.25, 19: 0.25, 20: 0.25 });
    expect(weights(80, 40, "bilinear-corners")).toEqual({ 31: 1 });
  });

  it("refines to where the cosine would be highest", async () => {
    // Two angles that grow along the axes: the cosine with a point is cos(dx) + cos(dy), over 2.
    const side = 10;
    const angle = (i: number) => 0.2 * i;
    const features = (offset: number) => ({
      cls: new Float32Array(4),
      patches: Float32Array.from({ length: side * side * 4 }, (_, i) => {
        const cell = Math.floor(i / 4);
        const [x, y] = [(cell % side) + offset, Math.floor(cell / side) - offset];
        return [Math.cos(angle(x)), Math.sin(angle(x)), Math.cos(angle(y)), Math.sin(angle(y))][
          i % 4
        ]!;
      }),
      rows: side,
      cols: side,
      width: 4,
    });
    const picture = { name: "x", width: 100, height: 100, pixels: new Uint8Array(30_000) };
    const pair = { first: picture, second: picture, unit: 100 };
    const points = [{ from: { x: 45, y: 55 }, to: { x: 48, y: 52 } }];
    const run = async (isRefined: boolean) => {
      const both = [features(0.3), features(0)] as const;
      const settings = { sampling: "patch", place: "centre", isRefined } as const;
      return (await matchPoints(pair, points, both, settings, measuring().programs))[0]!;
    };
    const coarse = (await run(false)).found;
    expect(coarse.x).toBeCloseTo(45, 10);
    expect(coarse.y).toBeCloseTo(55, 10);
    const { found } = await run(true);
    // A parabola is a cosine to 0.2^2 / 12 of a patch's 10 px.
    expect(found.x).toBeCloseTo(48, 1);
    expect(found.y).toBeCloseTo(52, 1);
  });
});

describe("dense correspondence", () => {
  it("asks the point nearest to each patch's centre, on the object", () => {
    const points = [
      { x: 3, y: 3 },
      { x: 4.5, y: 4 },
      { x: 13, y: 12 },
      { x: 20, y: 4 },
    ].map((from) => ({ from, to: from }));
    const object = new Uint8Array(unit * rows * patch).fill(1);
    object[4 * unit + 20] = 0;
    const chosen = densePoints({ ...same, points, object }, { rows, cols });
    expect(chosen.map(({ from }) => from)).toEqual([
      { x: 4.5, y: 4 },
      { x: 13, y: 12 },
    ]);
    expect(densePoints({ ...same, points }, { rows, cols })).toHaveLength(3);
  });

  it("keeps the matches of largest cosine, which are the right ones here", async () => {
    // The patches that the shift pushed out have no twin: they match worse than those that have.
    const points = everyPatch(cols, 2);
    const pair = { ...moved, points };
    const all = await measure([pair], { points: "dense", sampling: "patch" });
    expect(all.report.numbers[0]!.value).toBeLessThan(0.9);
    const kept = rows * (cols - 2);
    const some = await measure([pair], { points: "dense", sampling: "patch", kept });
    expect(some.report.numbers[0]!.value).toBe(1);
    const cosine = some.drawings[0]!.matches.map((match) => match.cosine);
    expect(cosine).toEqual(cosine.toSorted((a, b) => b - a));
    expect(cosine).toHaveLength(kept);
  });
});

describe("a measurement", () => {
  it("repeats exactly, tells how far it is, and can be stopped", async () => {
    const seen: [number, number][] = [];
    const around = measuring({ progress: (done, total) => seen.push([done, total]) });
    const a = await measure([same, lost, moved], {}, around);
    const b = await measure([same, lost, moved]);
    expect({ ...a.report, elapsedSeconds: 0 }).toEqual({ ...b.report, elapsedSeconds: 0 });
    expect(a.drawings).toEqual(b.drawings);
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    await expect(
      measure([same], {}, measuring({ signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({ code: "cancelled" });
  });

  it("refuses a set without points and a result that is not measured", async () => {
    const empty = measure([{ ...same, points: [] }]);
    await expect(empty).rejects.toMatchObject({ code: "data.empty", message: /painted pairs/ });
    await expect(measure([same], { result: 0.3 })).rejects.toMatchObject({
      code: "option.invalid",
    });
  });
});
