/** Labelled sets of scenes: what each task gets, apart by split, the same whenever it is asked. */
import { expect, test } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";
import { boxesOf } from "../../engine/scenes/boxes.ts";
import { classNames, objectNames } from "../../engine/scenes/classes.ts";
import { sceneTruth, scenePicture } from "../../engine/scenes/render.ts";
import { drawScene } from "../../engine/scenes/scene.ts";
import { firstTestIndex, sceneSet, type SceneSetOptions } from "../../engine/scenes/scene-sets.ts";
import { drawSequence, sceneAt } from "../../engine/scenes/sequence.ts";

const side = 64;
const options: SceneSetOptions = { seed: 4, side, train: 5, test: 3 };

test("segmentation: classes by value, splits that share no scene", async () => {
  const { classes, splits } = sceneSet("segmentation", options);
  expect(classes).toEqual(classNames);
  expect([splits.train.count, splits.test.count]).toEqual([5, 3]);
  const { picture, mask } = await splits.train.load(2);
  expect(picture.pixels).toEqual(scenePicture(4, 2, side).pixels);
  expect(mask).toEqual(sceneTruth(drawScene(4, 2), side).semantic);
  const held = await splits.test.load(2);
  expect(held.picture.pixels).toEqual(scenePicture(4, firstTestIndex + 2, side).pixels);
  expect(held.picture.pixels).not.toEqual(picture.pixels);
  await expect(splits.test.load(3)).rejects.toThrow("internal: item 3 of a set of 3 scenes");
});

test("depth: metres within the range, or unknown", async () => {
  const { range, splits } = sceneSet("depth", options);
  let unknown = 0;
  for (let i = 0; i < 5; i++) {
    const { depth } = await splits.train.load(i);
    for (const metres of depth) {
      if (metres === 0) unknown++;
      else if (metres < range[0] || metres > range[1]) expect.fail(`${metres} m`);
    }
  }
  expect(unknown).toBeGreaterThan(0);
});

test("classification: the class of the largest object, which is the portrait's subject", async () => {
  const { classes, splits } = sceneSet("classification", { ...options, train: 40 });
  expect(classes).toEqual(objectNames);
  const seen = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const { label } = await splits.train.load(i);
    seen.add(label);
    const scene = drawScene(4, i, { kind: "portrait" });
    expect(label).toBe(objectNames.indexOf(scene.objects[0]!.name));
    const [largest, next] = boxesOf(sceneTruth(scene, side))
      .map(({ area }) => area)
      .sort((a, b) => b - a);
    expect(largest).toBeGreaterThan(2 * (next ?? 0));
    // The thinnest is a fish that looks at the camera.
    expect(largest).toBeGreaterThan(0.025 * side ** 2);
  }
  expect(seen.size).toBeGreaterThan(9);
});

test("discovery: boxes of all objects but crumbs", async () => {
  const { items } = sceneSet("discovery", options);
  for (let i = 0; i < items.count; i++) {
    const { boxes } = await items.load(i);
    const { instances } = sceneTruth(drawScene(4, firstTestIndex + i), side);
    expect(boxes.length).toBeGreaterThan(0);
    expect(boxes.length).toBeLessThanOrEqual(new Set(instances).size - 1);
    for (const { x, y, w, h } of boxes) {
      expect(Math.min(x, y, side - x - w, side - y - h)).toBeGreaterThanOrEqual(0);
    }
  }
});

test("correspondence: two views or two instances", async () => {
  const views = await sceneSet("correspondence", options).items.load(1);
  expect(views.unit).toBe(side);
  const instances = await sceneSet("correspondence", { ...options, pairs: "instances" }).items.load(
    1,
  );
  expect(instances.points.length).toBeGreaterThanOrEqual(3);
});

test("tracking: objects keep their instance and move a little from frame to frame", async () => {
  const frames = 12;
  const { items } = sceneSet("tracking", { ...options, frames });
  const sequence = await items.load(0);
  expect(sequence.frames).toHaveLength(frames);
  expect(sequence.masks).toHaveLength(frames);
  const large = new Set<number>();
  for (const { instance, area } of boxesOf({ instances: sequence.masks[0]!, side })) {
    if (area > 120) large.add(instance);
  }
  expect(large.size).toBeGreaterThan(0);
  let overlap = 0;
  let comparisons = 0;
  for (let k = 1; k < frames; k++) {
    for (const instance of large) {
      overlap += overlapOf(sequence.masks[k - 1]!, sequence.masks[k]!, instance);
      comparisons++;
    }
  }
  expect(overlap / comparisons).toBeGreaterThan(0.75);
  const whole = [...large].map((i) => overlapOf(sequence.masks[0]!, sequence.masks.at(-1)!, i));
  expect(Math.min(...whole)).toBeLessThan(overlap / comparisons);
});

test("moving objects stay as far apart as they stand", () => {
  for (let index = 0; index < 20; index++) {
    const sequence = drawSequence(9, index);
    const apartAt = (time: number) => {
      const { objects } = sceneAt(sequence, time);
      return objects.flatMap((a, i) =>
        objects.slice(i + 1).map((b) => {
          const between = a.place.offset.map((v, c) => v - b.place.offset[c]!);
          return Math.hypot(...between) / (a.size + b.size);
        }),
      );
    };
    const start = apartAt(0);
    for (const time of [0.25, 0.5, 0.75, 1]) {
      apartAt(time).forEach((apart, i) => {
        // Between two of the moments that are looked at when paths are drawn they may be nearer.
        expect(apart).toBeGreaterThan(Math.min(start[i]!, 0.45) - 0.05);
      });
    }
  }
});

test("the fingerprint tells sets apart, and says which generator drew them", () => {
  const prints = [
    sceneSet("segmentation", options),
    sceneSet("depth", options),
    sceneSet("segmentation", { ...options, seed: 5 }),
    sceneSet("segmentation", { ...options, side: 32 }),
    sceneSet("segmentation", { ...options, train: 6 }),
    sceneSet("correspondence", options),
    sceneSet("correspondence", { ...options, pairs: "instances" }),
    sceneSet("tracking", options),
    sceneSet("tracking", { ...options, frames: 5 }),
  ].map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(prints[0]).toMatch(/^scenes \d+: segmentation 4 64 5 3/);
  expect(sceneSet("segmentation", options).fingerprint).toBe(prints[0]);
});

test.each([
  { seed: -1 },
  { seed: 2 ** 32 },
  { side: 8 },
  { train: 1.5 },
  { test: -1 },
  { frames: 1 },
])("%o is refused", (wrong) => {
  expect(() => sceneSet("tracking", { ...options, ...wrong })).toThrow(EngineError);
});

function overlapOf(one: Uint8Array, other: Uint8Array, instance: number): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i] === instance, other[i] === instance];
    if (a && b) both++;
    if (a || b) either++;
  }
  return either === 0 ? 1 : both / either;
}
