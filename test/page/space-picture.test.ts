/**
 * What a figure shows of space is what the screen shows: the processor's drawing beside WebGL's, of one
 * view; and how long a figure takes, and holds up the page.
 */
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp, { type Sharp } from "sharp";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawSpacePicture, seenPart } from "../../renderer/scene/space-picture.ts";
import { browserSkip, launchBrowser } from "../support/browser.ts";
import type { SpacePage } from "../support/space-page.ts";
import { css, pointsContent, sized, surfaceContent, themes } from "../support/space-world.ts";

declare global {
  interface Window {
    spacePage: SpacePage;
  }
}

const root = path.join(import.meta.dirname, "../..");

describe.skipIf(browserSkip !== undefined)("space as a picture", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const built = await build({
      root,
      configFile: false,
      mode: "production",
      logLevel: "error",
      build: {
        write: false,
        target: "es2023",
        lib: {
          entry: path.join(root, "test/support/space-page.ts"),
          formats: ["iife"],
          name: "alone",
        },
      },
    });
    const [one] = [built].flat();
    if (!one || !("output" in one)) throw new Error("expected one bundle");
    const script = one.output
      .flatMap((part) => (part.type === "chunk" ? part.code : []))
      .join("\n");
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 800, height: 600 } });
    await page.addScriptTag({ content: script });
  });
  afterAll(() => browser.close());

  /** A picture of all of the pane, and what the screen shows of it. */
  async function both(what: What, ground: "light" | "dark") {
    const count = what === "points" ? 300 : 120;
    const view = sized(what === "points" ? pointsContent(count) : surfaceContent(count));
    const { size } = view;
    // Nothing is cut away, so that pixels lie on pixels.
    expect(seenPart(view)).toEqual({ x: 0, y: 0, ...size });
    const theme = themes[ground];
    const { pixels } = await drawSpacePicture(view, size, theme);
    await page.evaluate((all) => window.spacePage.show(...all), [what, count, ground] as const);
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    const screen = await page.locator("#host").screenshot();
    const flat = (one: Sharp) =>
      one
        .flatten({ background: css(theme.paper) })
        .raw()
        .toBuffer();
    return {
      picture: await flat(sharp(pixels, { raw: { ...size, channels: 4 } })),
      screen: await flat(sharp(screen)),
      width: size.width,
    };
  }

  // Edges are smoothed in the picture and not on this screen, which the processor draws: a pixel on an
  // edge may be anything between two colours. So pixels are compared where the screen has one colour
  // around them, and the mean is held against what a shift by one pixel makes of it.
  for (const what of ["points", "surface"] as const) {
    for (const ground of ["light", "dark"] as const) {
      it(`${what} look as on the screen, on a ${ground} ground`, async () => {
        const { picture, screen, width } = await both(what, ground);
        const { mean, edges, wrong } = compared(picture, screen, width);
        const shifted = compared(picture.subarray(3), screen.subarray(0, -3), width);
        console.log(
          `${what}, ${ground}: mean difference ${mean.toFixed(2)} of 255 (moved by a pixel ` +
            `${shifted.mean.toFixed(2)}), more than 24 in ${(100 * edges).toFixed(2)} % of pixels; ` +
            `of those in one colour ${(100 * wrong).toFixed(3)} % differ by more than 8`,
        );
        expect(wrong).toBeLessThan(0.0005);
        expect(edges).toBeLessThan(0.05);
        expect(mean).toBeLessThan(0.7 * shifted.mean);
        expect(shifted.wrong).toBeGreaterThan(0.0005);
      });
    }
  }

  it("a figure as large as figures are takes less than 2 s, and never holds the page up for long", async () => {
    for (const [what, count] of [
      ["points", 16_384],
      ["surface", 256],
    ] as const) {
      // The best of three: the machine may be busy with others.
      const times: (readonly [number, number])[] = [];
      for (let i = 0; i < 3; i++) {
        times.push(
          await page.evaluate((all) => window.spacePage.time(...all), [what, count, 4096] as const),
        );
      }
      const best = (of: 0 | 1) => Math.min(...times.map((time) => time[of]));
      console.log(
        `${what}, ${count}, 4096 pixels a side: ${best(0).toFixed(0)} ms (bar 2000), ` +
          `the page waited for at most ${best(1).toFixed(0)} ms (bar 250)`,
      );
      expect(best(0)).toBeLessThan(2000);
      expect(best(1)).toBeLessThan(250);
    }
  });
});

type What = "points" | "surface";

/** @param one and @param other uint8 [rows, width, 3] */
function compared(one: Uint8Array, other: Uint8Array, width: number) {
  const difference = (a: Uint8Array, i: number, b: Uint8Array, j: number) =>
    Math.max(...[0, 1, 2].map((c) => Math.abs(a[3 * i + c]! - b[3 * j + c]!)));
  const count = Math.floor(one.length / 3);
  const isInOneColour = (i: number) =>
    [i - 1, i + 1, i - width, i + width].every(
      (j) => j < 0 || j >= count || difference(other, i, other, j) <= 8,
    );
  let [sum, edges, inside, wrong] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const by = difference(one, i, other, i);
    sum += by;
    if (by > 24) edges++;
    if (!isInOneColour(i)) continue;
    inside++;
    if (by > 8) wrong++;
  }
  return { mean: sum / count, edges: edges / count, wrong: wrong / inside };
}
