import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { boxesOfInstances, boxesWithin } from "../../engine/labels/boxes.ts";
import { fillPolygon } from "../../engine/labels/polygon.ts";
import { decodeRuns } from "../../engine/labels/run-length.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { Draws } from "../../engine/random/draws.ts";

interface Fixture {
  readonly runs: {
    readonly height: number;
    readonly width: number;
    readonly compressed: string;
    readonly counts: number[];
    readonly mask: string;
    readonly area: number;
  }[];
  readonly polygons: {
    readonly ring: number[];
    readonly height: number;
    readonly width: number;
    readonly mask: string;
  }[];
}

const path = fileURLToPath(new URL("../fixtures/labels/labels.json", import.meta.url));
const { runs, polygons } = JSON.parse(readFileSync(path, "utf8")) as Fixture;

function unpack(text: string, count: number): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: count }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1);
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe("run lengths", () => {
  test.each(runs.map((run, i) => ({ i, ...run })))(
    "are decoded as pycocotools decodes them, as numbers and as text: mask $i",
    ({ width, height, compressed, counts, mask, area }) => {
      const expected = unpack(mask, width * height);
      expect(sum(expected)).toBe(area);
      for (const form of [compressed, counts]) {
        const decoded = decodeRuns(form, { width, height }, "a.json");
        expect(Buffer.from(decoded).equals(Buffer.from(expected))).toBe(true);
      }
    },
  );

  test("are refused when they do not fill the mask, or break off", () => {
    const size = { width: 4, height: 2 };
    const decode = (counts: number[] | string) => () => decodeRuns(counts, size, "a.json: x");
    expect(decode([3, 4])).toThrow(/^a\.json: x: expected runs that sum to 4 × 2 = 8.*received 7$/);
    expect(decode([10, -2])).toThrow(EngineError);
    expect(decode("P")).toThrow(/"P", which ends or breaks at character 1/);
    expect(decode("3 5")).toThrow(/"3 5", which ends or breaks at character 2/);
    expect(decode("ooooooooooooooooo")).toThrow(/ends or breaks/);
  });
});

describe("polygons", () => {
  /** Whether a point lies in a ring, by the angles under which its edges are seen. */
  function isInside(ring: readonly number[], x: number, y: number): boolean {
    let angle = 0;
    for (let i = 0; i < ring.length; i += 2) {
      const [ax, ay] = [ring[i]! - x, ring[i + 1]! - y];
      const [bx, by] = [ring[(i + 2) % ring.length]! - x, ring[(i + 3) % ring.length]! - y];
      angle += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    }
    // Twice round is outside again, by the even-odd rule.
    return Math.round(angle / (2 * Math.PI)) % 2 !== 0;
  }

  test("cover the pixels whose centres lie within, also where they cross themselves or leave the picture", () => {
    const [width, height] = [23, 17];
    for (let seed = 0; seed < 40; seed++) {
      const draws = new Draws(seed);
      const points = 3 + draws.below(8);
      const ring = Array.from({ length: 2 * points }, (_, i) =>
        draws.between(-5, (i % 2 === 0 ? width : height) + 5),
      );
      const mask = new Uint8Array(width * height);
      fillPolygon(ring, { width, height }, mask);
      const expected = Array.from({ length: width * height }, (_, i) =>
        isInside(ring, (i % width) + 0.5, Math.floor(i / width) + 0.5) ? 1 : 0,
      );
      expect([...mask], `ring of seed ${seed}`).toEqual(expected);
    }
  });

  test("a box of whole pixels covers just those, and nothing outside is written", () => {
    const mask = new Uint8Array(6 * 4);
    fillPolygon([1, 1, 4, 1, 4, 3, 1, 3], { width: 6, height: 4 }, mask);
    expect([...mask]).toEqual([
      ...[0, 0, 0, 0, 0, 0],
      ...[0, 1, 1, 1, 0, 0],
      ...[0, 1, 1, 1, 0, 0],
      ...[0, 0, 0, 0, 0, 0],
    ]);
    const untouched = new Uint8Array(6 * 4);
    for (const ring of [
      [-9, -9, -2, -9, -2, -2],
      [50, 1, 60, 1, 60, 3],
      [1, 9, 3, 9, 3, 12],
    ]) {
      fillPolygon(ring, { width: 6, height: 4 }, untouched);
    }
    expect(sum(untouched)).toBe(0);
  });

  test.each(polygons.map((polygon, i) => ({ i, ...polygon })))(
    "differ from pycocotools, which also covers the pixels on the outline, only there: $i",
    ({ ring, width, height, mask }) => {
      const ours = new Uint8Array(width * height);
      fillPolygon(ring, { width, height }, ours);
      const theirs = unpack(mask, width * height);
      const distance = (x: number, y: number) => {
        const lengths = [];
        for (let i = 0; i < ring.length; i += 2) {
          const [ax, ay] = [ring[i]!, ring[i + 1]!];
          const [dx, dy] = [ring[(i + 2) % ring.length]! - ax, ring[(i + 3) % ring.length]! - ay];
          const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
          lengths.push(Math.hypot(ax + t * dx - x, ay + t * dy - y));
        }
        return Math.min(...lengths);
      };
      for (let i = 0; i < theirs.length; i++) {
        if (ours[i] === theirs[i]) continue;
        // Its outline is rounded to whole pixels: at most a diagonal off.
        expect(distance((i % width) + 0.5, Math.floor(i / width) + 0.5)).toBeLessThan(1.42);
      }
      expect(sum(ours) / sum(theirs)).toBeGreaterThan(0.93);
      expect(sum(ours) / sum(theirs)).toBeLessThan(1.07);
    },
  );
});

describe("boxes", () => {
  test("of instances", () => {
    const mask = [
      ...[0, 2, 2, 0, 255],
      ...[0, 2, 0, 7, 0],
      ...[1, 0, 0, 7, 0],
      ...[0, 2, 0, 0, 255],
    ];
    expect(boxesOfInstances(mask, 5)).toEqual([
      { x: 0, y: 2, w: 1, h: 1 },
      { x: 1, y: 0, w: 2, h: 4 },
      { x: 3, y: 1, w: 1, h: 2 },
    ]);
  });

  test("are cut at the edges; empty ones are left out, and those outside refused", () => {
    const picture = { width: 10, height: 8 };
    const within = (...boxes: [number, number, number, number][]) =>
      boxesWithin(
        boxes.map(([x, y, w, h]) => ({ x, y, w, h })),
        picture,
        "a.xml",
      );
    expect(within([-1, 2, 4, 9], [3, 3, 0, 5])).toEqual([{ x: 0, y: 2, w: 3, h: 6 }]);
    expect(() => within([11, 2, 4, 9])).toThrow(/^a\.xml: expected boxes within 10 × 8.*x 11, y 2/);
    expect(() => within([3, 3, 0, 5])).toThrow(/^a\.xml: expected at least one box/);
  });
});
