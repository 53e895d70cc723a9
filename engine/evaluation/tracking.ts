/**
 * Video object segmentation without training: the first frame's masks are carried through the video
 * by the likeness of patches, and compared by J and F as DAVIS does (dinov3.md F.3).
 */
import {
  ignored,
  type LabelledFrames,
  type LabelledSet,
  type Picture,
} from "../labels/labelled.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { contourAccuracy, regionSimilarity } from "./contours.ts";
import { bootstrap } from "./intervals.ts";
import { inputFor, type InputSize } from "./input-size.ts";
import {
  assembleReport,
  Drawings,
  namedCases,
  refuseEmpty,
  type Measured,
  type Measuring,
  type Protocol,
} from "./measuring.ts";
import type { ReportedNumber } from "./probe-report.ts";
import { Propagation, type PropagationSettings } from "./propagation.ts";
import type { Upsampling } from "./upsample.ts";
import { maskOf, objectsOf, patchLabels, type Seeding } from "./video-masks.ts";

export interface TrackingSettings extends PropagationSettings {
  readonly size: InputSize;
  readonly seeding: Seeding;
  readonly upsampling: Upsampling;
  readonly isStretched: boolean;
  /** DAVIS measures neither the first frame, which is given, nor the last. */
  readonly isLastMeasured: boolean;
}

/** The paper's middle size: DAVIS's 480 x 854 becomes 960 x 1712 at patch 16. */
const paper: TrackingSettings = {
  size: { kind: "shortSide", side: 960 },
  context: 7,
  radius: 12,
  shape: "circle",
  neighbours: 5,
  temperature: 0.2,
  seeding: "nearest",
  upsampling: "bilinear",
  isStretched: false,
  isLastMeasured: false,
};

/**
 * "paper", and "notebook" with the enlargement of DINOv3's notebook. "small" is for frames of few
 * patches: at the size they have, with objects seeded by area, so that none falls between patches.
 */
export const trackingPresets = {
  paper,
  notebook: { ...paper, upsampling: "nearest", isStretched: true },
  small: { ...paper, size: { kind: "native" }, seeding: "area", isLastMeasured: true },
} as const satisfies Record<string, TrackingSettings>;

/** One object of one video. */
export interface TrackedObject {
  /** Its value in the masks. */
  readonly value: number;
  /** By measured frame. */
  readonly j: readonly number[];
  readonly f: readonly number[];
}

export interface TrackedVideo {
  readonly objects: readonly TrackedObject[];
  /** Indices of the frames that J and F are of. */
  readonly measured: readonly number[];
  /** As the video's own masks, the first frame's given ones first. */
  readonly masks: readonly Uint8Array[];
}

/** Patches of the frames that go through the backbone together. */
const patchesAtOnce = 4096;

/**
 * Objects are those of the first frame; one that comes later is background, as in DAVIS. An object
 * that is neither there nor found has J = F = 1.
 * @throws EngineError "image.size" for frames of several sizes or masks of another; "cancelled"
 */
export async function trackVideo(
  video: LabelledFrames,
  settings: TrackingSettings,
  { backbone, programs, signal }: Measuring,
): Promise<TrackedVideo> {
  const [first] = video.frames;
  const firstMask = video.masks[0];
  if (!first || !firstMask) return { objects: [], measured: [], masks: [] };
  checkSizes(video, first);
  const objects = objectsOf(firstMask);
  const channels = objects.length + 1;
  const input = inputFor(first, settings.size, backbone.patch);
  const grid = { rows: input.height / backbone.patch, cols: input.width / backbone.patch };
  const batch = Math.max(1, Math.min(8, Math.floor(patchesAtOnce / (grid.rows * grid.cols))));
  const masks: Uint8Array[] = [];
  let propagation: Propagation | undefined;
  for (let start = 0; start < video.frames.length; start += batch) {
    const frames = video.frames.slice(start, start + batch);
    for (const features of await backbone.features(frames, input, signal)) {
      throwIfAborted(signal, "Tracking");
      if (!propagation) {
        const labels = patchLabels(firstMask, first, grid, objects, settings.seeding);
        propagation = new Propagation(features, labels, channels, settings, programs);
        masks.push(firstMask);
        continue;
      }
      const values = await propagation.next(features);
      masks.push(maskOf({ values, ...grid, channels }, first, objects, settings));
    }
  }
  const end = video.frames.length - (settings.isLastMeasured || video.frames.length < 3 ? 0 : 1);
  const measured = Array.from({ length: Math.max(0, end - 1) }, (_, i) => i + 1);
  return { objects: objects.map((value) => judge(value, video, masks, measured)), measured, masks };
}

/**
 * Numbers: J&F, J and F, means over the objects of all videos of their means over frames; drift,
 * what J&F of the first third of the frames is above the last third. The intervals draw videos.
 * @throws EngineError "data.empty" where no first frame has an object; "image.size"; "cancelled"
 */
export async function measureTracking(
  set: LabelledSet<"tracking">,
  measuring: Measuring,
  protocol: Protocol<TrackingSettings> = { preset: "paper", settings: paper, seed: 0 },
): Promise<Measured<TrackedVideo>> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const names: string[] = [];
  const scores: (readonly ObjectScore[])[] = [];
  const kept = new Drawings<TrackedVideo>();
  let frames = 0;
  for (let i = 0; i < set.items.count; i++) {
    throwIfAborted(measuring.signal, "Tracking");
    const video = await set.items.load(i);
    names[i] = video.name;
    const tracked = await trackVideo(video, settings, measuring);
    const { objects, measured, masks } = tracked;
    kept.keep(i, sumOf(masks.map(({ length }) => length)), tracked);
    scores[i] = measured.length === 0 ? [] : objects.map(scoreOf);
    if (scores[i]!.length > 0) frames += measured.length;
    measuring.progress?.(i + 1, set.items.count);
  }
  const objects = scores.reduce((sum, own) => sum + own.length, 0);
  refuseEmpty(objects, set.description, "two frames or more and an object in the first");

  const means = (drawn: ArrayLike<number>): number[] => {
    const total = scores.reduce((sum, own, i) => sum + drawn[i]! * own.length, 0);
    return scoreNames.map(
      (name) =>
        scores.reduce((sum, own, i) => sum + drawn[i]! * sumOf(own.map((s) => s[name])), 0) / total,
    );
  };
  const values = means(scores.map(() => 1));
  const intervals = bootstrap(scores.length, seed, means);
  const numbers = scoreNames.map((name, k): ReportedNumber => ({
    name,
    value: values[k]!,
    ...intervals[k],
    // What is lost over time may be less than nothing.
    ...(name === "drift"
      ? ({ unit: "none", isBetterHigher: false } as const)
      : ({ unit: "fraction", isBetterHigher: true } as const)),
  }));
  const own = scores.map((s) => (s.length === 0 ? Number.NaN : meanOf(s.map((o) => o["J&F"]))));
  const cases = namedCases(own, true, (index) => names[index]!);
  const drawings = await kept.of(cases, async (index) =>
    trackVideo(await set.items.load(index), settings, measuring),
  );
  const { size, radius, ...others } = settings;
  const report = assembleReport("tracking", set, measuring, protocol, size, {
    settings: {
      // JSON has no infinity.
      radius: Number.isFinite(radius) ? radius : "everywhere",
      ...others,
      videos: scores.filter((s) => s.length > 0).length,
      objects,
      framesMeasured: frames,
    },
    numbers,
    cases,
    started,
  });
  return { report, drawings };
}

function checkSizes({ frames, masks }: LabelledFrames, first: Picture): void {
  frames.forEach(({ name, width, height }, t) => {
    if (width !== first.width || height !== first.height) {
      throw new EngineError(
        "image.size",
        `${name}: expected ${first.width} × ${first.height} pixels as in the video's first frame, received ${width} × ${height}`,
      );
    }
    if (masks[t]?.length === width * height) return;
    throw new EngineError(
      "image.size",
      `${name}: expected a mask of ${width * height} pixels for it, received ${masks[t]?.length ?? "none"}`,
    );
  });
}

const scoreNames = ["J&F", "J", "F", "drift"] as const;
type ObjectScore = Record<(typeof scoreNames)[number], number>;

function scoreOf({ j, f }: TrackedObject): ObjectScore {
  const both = j.map((value, i) => (value + f[i]!) / 2);
  const third = Math.ceil(both.length / 3);
  return {
    "J&F": meanOf(both),
    J: meanOf(j),
    F: meanOf(f),
    drift: meanOf(both.slice(0, third)) - meanOf(both.slice(-third)),
  };
}

function judge(
  value: number,
  video: LabelledFrames,
  found: readonly Uint8Array[],
  measured: readonly number[],
): TrackedObject {
  const { width, height } = video.frames[0]!;
  const only = (mask: Uint8Array, wanted: number) => mask.map((v) => (v === wanted ? 1 : 0));
  const both = measured.map((frame) => {
    const mask = video.masks[frame]!;
    const unknown = only(mask, ignored);
    const [truth, answer] = [only(mask, value), only(found[frame]!, value)];
    return {
      j: regionSimilarity(truth, answer, unknown),
      f: contourAccuracy(truth, answer, width, height, unknown),
    };
  });
  return { value, j: both.map(({ j }) => j), f: both.map(({ f }) => f) };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}
