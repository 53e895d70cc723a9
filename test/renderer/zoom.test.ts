/** Zoom and pan: what stays under the pointer, and that no more is empty than must be. */
import { describe, expect, it } from "vitest";
import {
  clampZoom,
  fitted,
  formatZoom,
  maxScale,
  offsetOf,
  panBy,
  parseZoom,
  zoomAt,
  type Zoom,
  type ZoomFrame,
} from "../../renderer/store/zoom.ts";

/** A wide photograph in a square pane: empty above and below while it is fitted. */
const frame: ZoomFrame = { space: { width: 600, height: 600 }, photo: { width: 600, height: 300 } };

/** The point of the photograph, 0..1, at an offset from the middle of the pane. */
function under(zoom: Zoom, at: { x: number; y: number }) {
  const kept = clampZoom(zoom, frame);
  const { x, y } = offsetOf(kept, frame);
  return {
    x: 0.5 + (at.x - x) / (frame.photo.width * kept.scale),
    y: 0.5 + (at.y - y) / (frame.photo.height * kept.scale),
  };
}

describe("zoom", () => {
  it("keeps the point under the pointer where it is", () => {
    // Far enough in that no edge of the photograph has to be kept at the pane's.
    let zoom: Zoom = { scale: 4, x: 0.4, y: 0.6 };
    for (const [at, factor] of [
      [{ x: 120, y: -80 }, 1.3],
      [{ x: -200, y: 30 }, 2],
      [{ x: 10, y: 10 }, 0.8],
    ] as const) {
      const before = under(zoom, at);
      zoom = zoomAt(zoom, frame, at, factor);
      const after = under(zoom, at);
      expect(after.x).toBeCloseTo(before.x, 9);
      expect(after.y).toBeCloseTo(before.y, 9);
    }
  });

  it("in and out again is where it was, and never out of 1 to 40", () => {
    const from: Zoom = { scale: 5, x: 0.5, y: 0.45 };
    const at = { x: 90, y: -40 };
    const back = zoomAt(zoomAt(from, frame, at, 1.7), frame, at, 1 / 1.7);
    expect(back.scale).toBeCloseTo(5, 9);
    expect([back.x, back.y]).toEqual([expect.closeTo(0.5, 9), expect.closeTo(0.45, 9)]);
    expect(zoomAt(from, frame, at, 1000).scale).toBe(maxScale);
    expect(zoomAt(from, frame, at, 0.01)).toEqual(fitted);
  });

  it("an axis on which all of the photograph is seen stays in the middle", () => {
    const zoom = zoomAt(fitted, frame, { x: 250, y: 140 }, 1.5);
    expect(zoom.scale).toBeCloseTo(1.5, 9);
    expect(zoom.y).toBe(0.5);
    expect(zoom.x).toBeGreaterThan(0.5);
  });

  it("no edge of the photograph comes into a pane that it can fill", () => {
    for (const by of [
      { x: 5000, y: 5000 },
      { x: -5000, y: -5000 },
    ]) {
      const zoom = panBy({ scale: 3, x: 0.5, y: 0.5 }, frame, by);
      const corners = [under(zoom, { x: -300, y: -300 }), under(zoom, { x: 300, y: 300 })];
      for (const { x, y } of corners) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.max(x, y)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it("a pan moves the photograph with the pointer, pixel for pixel", () => {
    const zoom: Zoom = { scale: 6, x: 0.5, y: 0.5 };
    const grabbed = under(zoom, { x: 10, y: 20 });
    const moved = panBy(zoom, frame, { x: 37, y: -12 });
    const after = under(moved, { x: 47, y: 8 });
    expect([after.x, after.y]).toEqual([
      expect.closeTo(grabbed.x, 9),
      expect.closeTo(grabbed.y, 9),
    ]);
  });

  it("the address gives it back, and what is broken is no zoom", () => {
    const zoom: Zoom = { scale: 2.5, x: 0.25, y: 0.75 };
    expect(parseZoom(formatZoom(zoom))).toEqual(zoom);
    expect(parseZoom(formatZoom(fitted))).toEqual(fitted);
    for (const text of [
      "",
      "2",
      "2,0.5",
      "0.5,0.5,0.5",
      "41,0.5,0.5",
      "2,1.1,0",
      "2,-1,0",
      "a,b,c",
    ])
      expect(parseZoom(text), text).toBeUndefined();
  });
});
