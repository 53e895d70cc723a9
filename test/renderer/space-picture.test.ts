/** The processor's drawing of space, against closed forms; and its camera against OrbitControls. */
import { PerspectiveCamera } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { describe, expect, it } from "vitest";
import { Band, cornerNumbers, packed } from "../../renderer/scene/raster.ts";
import { linesOnScreen, meshOnScreen } from "../../renderer/scene/screen-mesh.ts";
import { cameraAt, home, matrixOf, mostPolar } from "../../renderer/scene/space-camera.ts";
import { drawSpacePicture, seenPart } from "../../renderer/scene/space-picture.ts";
import { roundedSight } from "../../renderer/store/space-sight.ts";
import { pointsContent, sized, surfaceContent, themes } from "../support/space-world.ts";

const whole = (width: number, height: number) => {
  const band = new Band(width, height);
  band.begin(0, height);
  return band;
};
const filled = (band: Band) => band.pixels.reduce((sum, pixel) => sum + Number(pixel !== 0), 0);
const red = packed(255, 0, 0);

/** Flat corners at w = 1. @param at x, y and depth of each */
const corners = (at: readonly (readonly [number, number, number])[], colour = [255, 0, 0]) =>
  Float64Array.from(at.flatMap((place) => [...place, 1, ...colour]));

describe("a band of pixels", () => {
  it("covers a triangle's area, and two that share a side leave nothing between them", () => {
    const band = whole(200, 100);
    const square = corners([
      [10.3, 5.2, 0],
      [189.9, 5.2, 0],
      [10.3, 82.3, 0],
      [189.9, 82.3, 0],
    ]);
    band.triangles({ corners: square, indices: Uint32Array.of(0, 1, 2) });
    expect(filled(band) / (179.6 * 77.1)).toBeCloseTo(0.5, 2);
    band.triangles({ corners: square, indices: Uint32Array.of(2, 1, 3) });
    expect(filled(band)).toBe(180 * 77);
  });

  it("covers a disc and a diamond of their areas, with rims where they begin", () => {
    const look = { x: 50.2, y: 49.7, depth: 0, radius: 40, from: [0.5, 0.75] } as const;
    const colours = [red, packed(0, 255, 0), packed(0, 0, 255)] as const;
    const part = (band: Band, colour: number) =>
      band.pixels.filter((pixel) => pixel === colour).length / filled(band);
    const disc = whole(100, 100);
    disc.point({ ...look, colours, isDiamond: false });
    expect(filled(disc) / (Math.PI * 1600)).toBeCloseTo(1, 2);
    expect(part(disc, colours[0])).toBeCloseTo(0.25, 2);
    const diamond = whole(100, 100);
    diamond.point({ ...look, colours, isDiamond: true });
    expect(filled(diamond) / (2 * 1600)).toBeCloseTo(1, 2);
    expect(part(diamond, colours[2])).toBeCloseTo(1 - 0.75 ** 2, 2);
  });

  it("shows what is nearer, whatever is drawn first, and of what is as near the last", () => {
    for (const order of [
      [0.2, -0.4],
      [-0.4, 0.2],
      [0.5, 0.5],
    ]) {
      const band = whole(8, 8);
      order.forEach((depth, i) => {
        const colour = packed(depth < 0 ? 255 : i, 0, 0);
        const look = { x: 4, y: 4, radius: 3, isDiamond: false, from: [1, 1] } as const;
        band.point({ ...look, depth, colours: [colour, colour, colour] });
      });
      const expected = order.includes(-0.4) ? 255 : 1;
      expect(band.pixels[4 * 8 + 4]! & 255).toBe(expected);
    }
  });

  it("colours go over into each other as they do in space: half way between is nearer to the far end", () => {
    const band = whole(101, 3);
    // From w = 1, black, to w = 4, red; in the middle of the screen 1/w is 0.625.
    const at = (x: number, y: number, w: number, value: number) => [
      x,
      y,
      0,
      1 / w,
      value / w,
      0,
      0,
    ];
    const strip = [at(0, 0, 1, 0), at(0, 3, 1, 0), at(101, 0, 4, 250), at(101, 3, 4, 250)];
    const indices = Uint32Array.of(0, 1, 2, 2, 1, 3);
    band.triangles({ corners: Float64Array.from(strip.flat()), indices });
    expect(band.pixels[101 + 50]! & 255).toBe(Math.round((250 / 4 / 2 / 0.625) * 1));
  });
});

describe("from space to the screen", () => {
  const camera = new PerspectiveCamera(90, 1, 0.1, 10);
  const screen = { width: 100, height: 100, matrix: matrixOf(camera).elements };

  it("of a triangle that goes behind the eye only what is before it is drawn", () => {
    // On the floor a unit under the eye, from 5 before it to 5 behind.
    const floor = Float32Array.of(-50, -1, -5, 50, -1, -5, 0, -1, 5);
    const mesh = meshOnScreen(screen, floor, new Uint8Array(12).fill(9), Uint32Array.of(0, 1, 2));
    const numbers = Array.from({ length: mesh.corners.length / cornerNumbers }, (_, i) => [
      ...mesh.corners.subarray(cornerNumbers * i, cornerNumbers * (i + 1)),
    ]);
    expect(mesh.indices).toHaveLength(6);
    for (const index of mesh.indices) {
      expect(numbers[index]!.every(Number.isFinite)).toBe(true);
      expect(numbers[index]![2]).toBeGreaterThanOrEqual(-1 - 1e-9);
    }
    const band = whole(100, 100);
    band.triangles(mesh);
    // The horizon lies a fifth of half the picture under its middle.
    expect(band.pixels[59 * 100 + 50]).toBe(0);
    expect(band.pixels[61 * 100 + 50]).not.toBe(0);
    expect(band.pixels[99 * 100 + 50]).not.toBe(0);
  });

  it("a line is as wide as it is told, whatever its direction", () => {
    for (const to of [
      [0.5, 0, -1],
      [0.4, 0.3, -1],
      [0, -0.5, -1],
    ] as const) {
      const band = whole(100, 100);
      const path = [[0, 0, -1] as const, to];
      band.triangles(linesOnScreen(screen, [{ path, colour: [1, 2, 3], width: 6, lift: 0 }]));
      // 25 pixels long, with half a disc at each end.
      expect(filled(band) / (25 * 6 + Math.PI * 9)).toBeCloseTo(1, 1);
    }
  });

  it.each([
    ["from above", [1, 2, 1.5], true],
    ["from below, where points are", [1, -2, 1.5], false],
    ["from below, where a surface is", [1, -2, 1.5], true],
    ["aside of the middle", [3, 0.2, -2], true],
  ] as const)("the eye stands where OrbitControls puts it: %s", (_, from, isAbove) => {
    const sight = roundedSight(from, [0.3, -0.1, 0.2]);
    const eye = new PerspectiveCamera();
    eye.position.set(...sight.from);
    const controls = new OrbitControls(eye, null);
    controls.target.set(...sight.toward);
    controls.maxPolarAngle = mostPolar(isAbove);
    controls.update();
    const here = cameraAt(sight, 1.3, isAbove);
    expect(here.position.distanceTo(eye.position)).toBeLessThan(1e-9);
    expect(Math.abs(here.quaternion.dot(eye.quaternion))).toBeCloseTo(1, 12);
  });
});

describe("a picture of space", () => {
  it("is bounded by 4096 pixels a side, and the whole box is in it", async () => {
    const view = { ...sized(pointsContent(40)), sight: undefined };
    expect(home.length()).toBeCloseTo(3.5, 12);
    const seen = seenPart(view);
    const wish = { width: 5000, height: 50 };
    const { width, height } = await drawSpacePicture(view, wish, themes.light);
    expect({ width, height }).toEqual({ width: 4096, height: 40 });
    expect(seen.x).toBeGreaterThan(0);
    expect(seen.x + seen.width).toBeLessThan(view.size.width);
  });

  it("is the same each time, and is drawn no further when it is cancelled", async () => {
    const view = sized(surfaceContent(40));
    const wish = { width: 300, height: 200 };
    const [one, other] = await Promise.all(
      [1, 2].map(() => drawSpacePicture(view, wish, themes.dark)),
    );
    expect(one).toEqual(other);
    const abort = new AbortController();
    const large = { width: 4096, height: 4096 };
    const drawing = drawSpacePicture(view, large, themes.dark, abort.signal);
    abort.abort();
    await expect(drawing).rejects.toMatchObject({ code: "cancelled" });
  });
});
