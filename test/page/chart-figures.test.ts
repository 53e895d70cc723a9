/**
 * How fast a chart of 20 curves with 100,000 points each zooms and moves. The figure is reported
 * beside its bar, 30 frames a second; what fails is a median of four times the bar, as elsewhere.
 */
import path from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserSkip, launchBrowser } from "../support/browser.ts";

const root = path.join(import.meta.dirname, "../..");
const barMs = 1000 / 30;

describe.skipIf(browserSkip !== undefined)("a chart of 20 curves of 100,000 points", () => {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    const built = await build({
      root,
      configFile: false,
      mode: "production",
      oxc: { jsx: { runtime: "automatic", development: false } },
      logLevel: "error",
      define: { "process.env.NODE_ENV": '"production"' },
      build: {
        write: false,
        target: "es2023",
        lib: {
          entry: path.join(root, "test/support/chart-page.tsx"),
          formats: ["iife"],
          name: "alone",
        },
      },
    });
    const [one] = [built].flat();
    if (!one || !("output" in one)) throw new Error("expected one bundle");
    script = one.output.flatMap((part) => (part.type === "chunk" ? part.code : [])).join("\n");
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it("zooms and moves at 30 frames a second", async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.setContent(`<style>.curve-plot{height:300px}</style>`);
    await page.addScriptTag({ content: script });
    expect(complaints).toEqual([]);
    const plot = page.locator(".curve-plot");
    await plot.locator("canvas").waitFor();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (const [what, options] of [
      ["zoom", { ctrlKey: true, deltaY: -4 }],
      ["pan", { deltaX: 12 }],
    ] as const) {
      const before = await plot.evaluate((one) => one.querySelector("canvas")!.toDataURL());
      const times = await plot.evaluate(turnByFrame, options);
      times.sort((a, b) => a - b);
      const at = (part: number) => times[Math.floor(part * (times.length - 1))]!;
      console.log(
        `${what}, 20 curves of 100,000 points: frame median ${at(0.5).toFixed(1)} ms, ` +
          `95 % ${at(0.95).toFixed(1)} ms (bar ${barMs.toFixed(1)}), ${times.length} frames`,
      );
      expect(at(0.5)).toBeLessThan(4 * barMs);
      const after = await plot.evaluate((one) => one.querySelector("canvas")!.toDataURL());
      expect(after).not.toBe(before);
    }
    await page.close();
  });

  it("writes on its axes as large as a person wants text, and makes room for it", async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.setContent(`<style>.curve-plot{height:300px}</style>`);
    await page.addScriptTag({ content: script });
    const over = page.locator(".u-over");
    await over.waitFor();
    // As uPlot places it; its style sheet is not on this page.
    const leftOf = async () =>
      parseFloat(await over.evaluate((one) => (one as HTMLElement).style.left));
    const before = await leftOf();
    /** Sizes of all that is written on canvases from here on. */
    await page.evaluate(() => {
      const written: string[] = ((window as { written?: string[] }).written = []);
      const write = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, "fillText")!
        .value as CanvasRenderingContext2D["fillText"];
      CanvasRenderingContext2D.prototype.fillText = function (...given) {
        written.push(/\d+px/.exec(this.font)![0]);
        write.apply(this, given);
      };
      document.documentElement.style.setProperty("--text", "2");
    });
    const written = () => page.evaluate(() => (window as { written?: string[] }).written!);
    await expect.poll(async () => (await written()).length).toBeGreaterThan(5);
    expect(new Set(await written())).toEqual(new Set(["22px"]));
    expect(await leftOf()).toBeGreaterThan(before + 20);
    await page.close();
  });
});

/** One turn of the wheel in every frame. @returns milliseconds from one frame to the next */
async function turnByFrame(plot: Element, options: WheelEventInit): Promise<number[]> {
  const times: number[] = [];
  let last = 0;
  for (let i = 0; i < 61; i++) {
    const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    if (i > 0) times.push(now - last);
    last = now;
    plot.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, ...options }));
  }
  return times;
}
