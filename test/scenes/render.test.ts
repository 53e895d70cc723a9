/** Pictures repeat by seed and index, and masks and depth say what single rays find. */
import { expect, test } from "vitest";
import { EngineError } from "../../engine/protocol/errors.ts";
import { boxesOf } from "../../engine/scenes/boxes.ts";
import { cameraTowards, project, toCamera, unproject } from "../../engine/scenes/camera.ts";
import {
  classNames,
  groundClass,
  objectClass,
  objectNames,
  skyClass,
} from "../../engine/scenes/classes.ts";
import { RayCaster } from "../../engine/scenes/ray-caster.ts";
import { renderScene, scenePicture, sceneTruth } from "../../engine/scenes/render.ts";
import { drawScene } from "../../engine/scenes/scene.ts";
import { scenesVersion } from "../../engine/scenes/scene-sets.ts";
import { length, minus } from "../../engine/scenes/vectors.ts";

const side = 80;

test("the same seed and index give the same bytes, in any order; others give others", () => {
  const first = scenePicture(5, 17, side);
  const others = [scenePicture(5, 18, side), scenePicture(6, 17, side)];
  expect(scenePicture(5, 17, side)).toEqual(first);
  expect(first).toMatchObject({ name: "scene 17", width: side, height: side });
  expect(first.pixels).toHaveLength(side * side * 3);
  for (const { pixels } of others) expect(pixels).not.toEqual(first.pixels);
});

test("scenes look as they did when their version was given; a change needs another version", () => {
  // Means over the 16 parts of two pictures, by this generator on 2026-11-21. Other machines may
  // round a sine differently, which moves a byte here and there, never a mean by a hundredth.
  const known: Record<number, readonly number[]> = {
    3: [
      161.79, 168.52, 158.71, 177.17, 115.73, 117.46, 140.02, 152.68, 157.73, 135.02, 143.45, 74.48,
      168.22, 161.24, 111.79, 108.33,
    ],
    8: [
      129.24, 94.12, 143.33, 132.79, 115.43, 121.6, 64.69, 98.24, 146.23, 93.52, 91.07, 127.1,
      146.35, 143.17, 148.91, 136.81,
    ],
  };
  expect(scenesVersion).toBe(2);
  for (const [index, means] of Object.entries(known)) {
    const { pixels } = scenePicture(7, Number(index), 64);
    const found = means.map(() => 0);
    for (let i = 0; i < pixels.length; i++) {
      const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 3 / 64)];
      found[(y >> 4) * 4 + (x >> 4)]! += pixels[i]! / (16 * 16 * 3);
    }
    found.forEach((mean, part) => expect(Math.abs(mean - means[part]!)).toBeLessThan(0.02));
  }
});

test("the picture alone is the picture that comes with its truth", () => {
  const rendering = renderScene(drawScene(5, 3), side);
  expect(rendering.picture.pixels).toEqual(scenePicture(5, 3, side).pixels);
  const { picture: _, ...truth } = rendering;
  expect(sceneTruth(drawScene(5, 3), side)).toEqual(truth);
});

test("masks and depth are what a ray through each pixel's centre finds among all parts", () => {
  for (const index of [0, 1, 2, 3, 4, 5]) {
    const scene = drawScene(11, index);
    const { semantic, instances, depth } = sceneTruth(scene, side);
    const caster = new RayCaster(scene, side);
    let wrong = 0;
    for (let i = 0; i < side * side; i++) {
      const seen = caster.at((i % side) + 0.5, Math.floor(i / side) + 0.5);
      const metres = seen.depth === Infinity ? 0 : seen.depth;
      const object = seen.object < 0 ? 0 : seen.object + 1;
      // Two roundings of one ray: float32, and a direction summed in another order. They may differ
      // at an outline, where a ray that grazes hits by one and misses by the other.
      const agree = object === instances[i] && Math.abs(metres - depth[i]!) <= 1e-5 * metres;
      if (!agree) wrong++;
    }
    expect(wrong).toBeLessThanOrEqual(2);
    for (let i = 0; i < side * side; i++) {
      const name = instances[i]! > 0 ? scene.objects[instances[i]! - 1]!.name : undefined;
      if (name) expect(semantic[i]).toBe(objectClass(name));
      else expect([skyClass, groundClass(scene.ground.name)]).toContain(semantic[i]);
      expect(depth[i] === 0).toBe(semantic[i] === skyClass);
    }
  }
});

test("the ground's depth is that of a plane at height 0", () => {
  const scene = drawScene(11, 7);
  const level = {
    ...scene,
    objects: [],
    camera: cameraTowards([0, 1.5, -2], [0, 1.5 - Math.tan(0.4), -1], 1.2),
  };
  const { semantic, depth } = sceneTruth(level, side);
  for (let y = 0; y < side; y++) {
    // A ray that leaves at an angle below the axis meets the ground at height / sin(pitch + angle),
    // and its depth is that times the cosine of the angle.
    const angle = Math.atan((y + 0.5 - side / 2) / (side * 1.2));
    const down = Math.sin(0.4 + angle);
    const expected = down > 0 ? (1.5 / down) * Math.cos(angle) : 0;
    for (const x of [0, 33, side - 1]) {
      // float32 holds seven digits.
      expect(depth[y * side + x]! / (expected || 1)).toBeCloseTo(expected > 0 ? 1 : 0, 6);
      expect(semantic[y * side + x] === skyClass).toBe(expected === 0);
    }
  }
});

test("a point goes into the picture and comes back", () => {
  const { camera } = drawScene(11, 8);
  const point = [0.3, 0.4, 0.5] as const;
  const { x, y, depth } = project(camera, point, 224)!;
  expect(length(minus(unproject(camera, x, y, depth, 224), point))).toBeLessThan(1e-12);
  expect(toCamera(camera, point)[2]).toBe(depth);
  expect(project(camera, camera.eye, 224)).toBeUndefined();
});

test("boxes are the extents of the instances in the mask", () => {
  const truth = sceneTruth(drawScene(11, 9, { kind: "gathering" }), side);
  const boxes = boxesOf(truth);
  expect(boxes.length).toBeGreaterThan(1);
  expect(boxes.map(({ instance }) => instance)).toEqual(
    [...new Set(truth.instances)].filter((instance) => instance > 0).sort((a, b) => a - b),
  );
  for (const { instance, box, area } of boxes) {
    const places = [...truth.instances.keys()].filter((i) => truth.instances[i] === instance);
    const xs = places.map((i) => i % side);
    const ys = places.map((i) => Math.floor(i / side));
    expect(area).toBe(places.length);
    expect(box).toEqual({
      x: Math.min(...xs),
      y: Math.min(...ys),
      w: Math.max(...xs) - Math.min(...xs) + 1,
      h: Math.max(...ys) - Math.min(...ys) + 1,
    });
  }
});

test("every class is seen, and none is told by its colour", () => {
  const sums = classNames.map(() => ({ count: 0, colours: [] as number[][] }));
  const scenes = 60;
  for (let index = 0; index < scenes; index++) {
    const { picture, semantic } = renderScene(drawScene(12, index), 32);
    const means = new Map<number, number[]>();
    for (let i = 0; i < semantic.length; i++) {
      const mean = means.get(semantic[i]!) ?? [0, 0, 0, 0];
      for (let c = 0; c < 3; c++) mean[c] = mean[c]! + picture.pixels[3 * i + c]!;
      mean[3] = mean[3]! + 1;
      means.set(semantic[i]!, mean);
    }
    for (const [kind, [r = 0, g = 0, b = 0, n = 1]] of means) {
      sums[kind]!.count++;
      sums[kind]!.colours.push([r / n, g / n, b / n]);
    }
  }
  for (const { count } of sums) expect(count).toBeGreaterThan(5);
  // Kinds lean to a hue each, but their means differ less than things of one kind do.
  const objects = sums.slice(-objectNames.length).map(({ colours }) => colours);
  for (const channel of [0, 1, 2]) {
    const means = objects.map((colours) => meanOf(colours.map((c) => c[channel]!)));
    const within = objects.map((colours) => deviationOf(colours.map((c) => c[channel]!)));
    expect(deviationOf(means)).toBeLessThan(0.8 * meanOf(within));
  }
});

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

test.each([0, 15, 2049, 80.5, Number.NaN])("a side of %s is refused", (wrong) => {
  const refused = (() => {
    try {
      return scenePicture(1, 1, wrong);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(EngineError);
  expect(refused).toMatchObject({ code: "option.invalid" });
});
