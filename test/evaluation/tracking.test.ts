/** Videos of painted patches, in which a perfect tracker is perfect and what it loses is known. */
import { describe, expect, it } from "vitest";
import { probeReport } from "../../engine/evaluation/probe-report.ts";
import {
  measureTracking,
  trackingPresets,
  trackVideo,
  type TrackingSettings,
} from "../../engine/evaluation/tracking.ts";
import { maskOf, objectsOf, patchLabels } from "../../engine/evaluation/video-masks.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { LabelledFrames } from "../../engine/labels/labelled.ts";
import {
  listed,
  maskOfPatches,
  measuring,
  painted,
  patch,
  type Colour,
} from "./colour-backbone.ts";

const [rows, cols] = [6, 8];
const colours: Record<number, Colour> = {
  0: [20, 30, 60],
  7: [250, 40, 40],
  9: [40, 240, 40],
  // Like the ground, and like nothing else.
  3: [10, 20, 50],
};
/** @param valueAt the object at a patch of a frame */
function video(
  name: string,
  count: number,
  valueAt: (frame: number, row: number, col: number) => number,
  shownAt = valueAt,
): LabelledFrames {
  const frames = Array.from({ length: count }, (_, t) =>
    painted(`${name} ${t}`, rows, cols, (row, col) => colours[shownAt(t, row, col)]!),
  );
  const masks = frames.map((_, t) => maskOfPatches(rows, cols, (row, col) => valueAt(t, row, col)));
  return { name, frames, masks };
}
/** Object 7 walks right, object 9 stands, with the corners that bilinear enlarging rounds. */
const walk = (t: number, row: number, col: number) =>
  row >= 1 && row < 3 && col >= t && col < t + 2 ? 7 : row >= 4 && col >= 5 ? 9 : 0;
const still = video("still", 5, (_, row, col) => walk(1, row, col));
const walking = video("walking", 5, walk);
/** Object 7 stands in the masks and cannot be told from the ground; bands have no corners. */
const hidden = video(
  "hidden",
  4,
  (_, row) => (row >= 3 ? 7 : 0),
  () => 0,
);

const exact: TrackingSettings = {
  ...trackingPresets.small,
  upsampling: "nearest",
  seeding: "nearest",
};
const around = measuring({
  programs: new PreparedPrograms((await chooseExecutor("cpu")).executor),
});
const measure = (videos: readonly LabelledFrames[], settings: TrackingSettings = exact) =>
  measureTracking(
    { items: listed(videos), description: "painted videos", fingerprint: "videos-1" },
    around,
    { preset: "small", settings, seed: 3 },
  );

describe("tracking", () => {
  it("is perfect where features are, standing still or walking", async () => {
    const { report, drawings } = await measure([still, walking]);
    expect(probeReport.parse(report)).toEqual(report);
    for (const { name, value } of report.numbers)
      expect([name, value]).toEqual([name, name === "drift" ? 0 : 1]);
    expect(report.settings).toMatchObject({ videos: 2, objects: 4, framesMeasured: 8 });
    expect(drawings[0]!.masks).toEqual(still.masks);
  });

  it("is perfect with bilinear enlarging too, where no corner is rounded", async () => {
    const bands = video("bands", 4, (t, row) => (row >= 2 + Math.floor(t / 2) ? 9 : 0));
    const { report } = await measure([bands], { ...exact, upsampling: "bilinear" });
    expect(report.numbers[0]!.value).toBe(1);
    const rounded = await measure([still], { ...exact, upsampling: "bilinear" });
    expect(rounded.report.numbers[0]!.value).toBeGreaterThan(0.9);
    expect(rounded.report.numbers[0]!.value).toBeLessThan(1);
  });

  it("measures neither the first frame nor, as DAVIS, the last", async () => {
    // Wrong only in the last frame.
    const late = video(
      "late",
      5,
      (t, row) => ((t === 4 ? row >= 3 : row < 3) ? 7 : 0),
      (_, row) => (row < 3 ? 7 : 0),
    );
    const davis = await measure([late], { ...exact, isLastMeasured: false });
    expect(davis.report.numbers[0]!.value).toBe(1);
    const { report, drawings } = await measure([late]);
    expect(drawings[0]!.measured).toEqual([1, 2, 3, 4]);
    // J is 0 there; F is 1, because the line between the halves is where it was.
    expect(drawings[0]!.objects[0]!.j).toEqual([1, 1, 1, 0]);
    expect(drawings[0]!.objects[0]!.f).toEqual([1, 1, 1, 1]);
    expect(report.numbers.map(({ value }) => value)).toEqual([
      0.875,
      0.75,
      1,
      expect.closeTo(0.25, 12),
    ]);
  });

  it("counts objects alike, whatever video they are in, and draws videos for the interval", async () => {
    const { report } = await measure([walking, hidden, still]);
    const worst = report.cases.at(-1)!;
    expect(worst.name).toBe("hidden");
    expect(worst.score).toBeLessThan(0.9);
    const [main] = report.numbers;
    // Four perfect objects and one in "hidden".
    expect(main!.value).toBeCloseTo((4 + worst.score) / 5, 12);
    expect(main!.low).toBeCloseTo(worst.score, 12);
    expect(main!.high).toBe(1);
  });

  it("takes an object that comes later for background, and ignores what is ignored", async () => {
    const later = video("later", 4, (t, row, col) => (t >= 2 && row === 0 ? 3 : walk(1, row, col)));
    const { report } = await measure([later]);
    expect(report.settings["objects"]).toBe(2);
    expect(report.numbers[0]!.value).toBe(1);
    // After the first frame nothing is known of the standing object's place, so nothing is wrong.
    const { objects } = await trackVideo(
      {
        ...still,
        masks: still.masks.map((mask, t) =>
          t === 0 ? mask : mask.map((v) => (v === 9 ? 255 : v)),
        ),
      },
      exact,
      around,
    );
    expect(objects.find(({ value }) => value === 9)!.j).toEqual([1, 1, 1, 1]);
  });

  it("refuses videos without objects and frames of several sizes", async () => {
    const empty = video("empty", 3, () => 0);
    await expect(measure([empty])).rejects.toMatchObject({ code: "data.empty" });
    const frames = [...still.frames.slice(0, 4), painted("odd", 2, 2, () => [0, 0, 0])];
    await expect(measure([{ ...still, frames }])).rejects.toMatchObject({
      code: "image.size",
      message: /odd: expected 64 × 48.*received 16 × 16/,
    });
    const short = { ...still, masks: still.masks.slice(0, 3) };
    await expect(measure([short])).rejects.toMatchObject({
      code: "image.size",
      message: /still 3: expected a mask of 3072 pixels/,
    });
  });
});

describe("masks and patches", () => {
  // prettier-ignore
  const mask = Uint8Array.of(
    5, 5, 0, 0,
    5, 0, 0, 9,
    0, 0, 255, 9,
    0, 0, 9, 9,
  );
  const size = { width: 4, height: 4 };

  it("go from the one to the other by centre or by area", () => {
    expect(objectsOf(mask)).toEqual([5, 9]);
    const two = { rows: 2, cols: 2 };
    const area = patchLabels(mask, size, two, [5, 9], "area");
    // prettier-ignore
    expect(Array.from(area)).toEqual([0.25, 0.75, 0, 0.75, 0, 0.25, 1, 0, 0, 0.25, 0, 0.75]);
    // The centre of a patch of two pixels is the corner of its lower right one.
    const nearest = patchLabels(mask, size, two, [5, 9], "nearest");
    expect(Array.from(nearest)).toEqual([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
  });

  it("take the likeliest label, after stretching where the notebook stretches", () => {
    const labels = { values: [0.9, 0.1, 0.8, 0.2], rows: 1, cols: 2, channels: 2 };
    const enlarge = (isStretched: boolean) =>
      Array.from(
        maskOf(labels, { width: 2, height: 1 }, [5], { upsampling: "nearest", isStretched }),
      );
    expect(enlarge(false)).toEqual([0, 0]);
    expect(enlarge(true)).toEqual([0, 5]);
  });

  it("have a patch of their own size", () => {
    expect(still.frames[0]!.width).toBe(cols * patch);
  });
});
