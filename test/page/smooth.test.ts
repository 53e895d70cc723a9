/**
 * Zoom, pan and colour ranges by the frame: what a drag costs, and that it uploads nothing. And that
 * photographs which were opened and removed leave nothing behind.
 */
import type { Browser, CDPSession, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";

declare global {
  interface Window {
    uploads?: number;
    frameTimes?: number[];
  }
}

describe.skipIf(browserSkip !== undefined)("frame by frame", () => {
  let engine: EngineProcess;
  let browser: Browser;

  beforeAll(async () => {
    [engine, browser] = await Promise.all([startEngine(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
  });

  /** Counts texture uploads from now on, and the time the page's own thread takes for each frame. */
  async function watch(page: Page): Promise<void> {
    await page.evaluate(() => {
      window.uploads = 0;
      window.frameTimes = [];
      const prototype = WebGL2RenderingContext.prototype;
      for (const name of ["texImage2D", "texSubImage2D"] as const) {
        const original = prototype[name] as (...values: unknown[]) => void;
        prototype[name] = function (this: WebGL2RenderingContext, ...values: unknown[]) {
          window.uploads = (window.uploads ?? 0) + 1;
          original.apply(this, values);
        };
      }
      const channel = new MessageChannel();
      let began = 0;
      // From the start of a frame to the task after it: scripts, style, layout and paint commands.
      channel.port1.onmessage = () => window.frameTimes?.push(performance.now() - began);
      const frame = () => {
        began = performance.now();
        channel.port2.postMessage(0);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
  }

  const report = async (page: Page, what: string) => {
    const { frames, uploads } = await page.evaluate(() => ({
      frames: window.frameTimes ?? [],
      uploads: window.uploads ?? -1,
    }));
    const sorted = frames.sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN;
    console.log(
      `${what}: page thread per frame median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, ` +
        `${sorted.length} frames, ${uploads} texture uploads`,
    );
    return { uploads, slow: at(0.95) };
  };

  it("zoom, pan and the colour range upload nothing and leave the page's thread free", async () => {
    const { page } = await openPage(browser, engine.url, "&size=512&patch=10,10");
    const view = page.getByRole("region", { name: "Photograph", exact: true }).locator(".view");
    const box = (await view.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await watch(page);

    for (let i = 0; i < 30; i++) await page.mouse.wheel(0, i < 20 ? -60 : 30);
    const zoomed = await report(page, "zoom");
    await page.evaluate(() => (window.frameTimes = []));

    await page.mouse.down();
    await page.mouse.move(x + 200, y + 120, { steps: 30 });
    await page.mouse.up();
    const panned = await report(page, "pan");
    await page.evaluate(() => (window.frameTimes = []));

    const end = page
      .getByRole("region", { name: "Photograph", exact: true })
      .getByRole("slider", { name: "Low end of the colours" });
    const handle = (await end.boundingBox())!;
    await page.mouse.move(handle.x + handle.width / 2, handle.y + 6);
    await page.mouse.down();
    await page.mouse.move(handle.x + 100, handle.y + 6, { steps: 30 });
    await page.mouse.up();
    const ranged = await report(page, "colour range");

    expect([zoomed.uploads, panned.uploads, ranged.uploads]).toEqual([0, 0, 0]);
    // The counter does count: another query uploads its map.
    await page.getByRole("img", { name: /Arrow keys walk/ }).press("ArrowRight");
    await expect
      .poll(() => page.evaluate(() => window.uploads), { timeout: 10_000 })
      .toBeGreaterThan(0);
    // 60 frames a second leave 16.7 ms; compositing runs beside the page's thread.
    for (const { slow } of [zoomed, panned, ranged]) expect(slow).toBeLessThan(16.7);
    await page.close();
  });

  it("memory is flat over 80 photographs opened and removed", async () => {
    const { page } = await openPage(browser, engine.url);
    const session = await page.context().newCDPSession(page);
    const png = await sharp({ create: { width: 48, height: 48, channels: 3, background: "teal" } })
      .png()
      .toBuffer();
    const round = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const name = `small ${i}.png`;
        await page
          .locator('input[type="file"]')
          .setInputFiles({ name, mimeType: "image/png", buffer: png });
        await page.getByRole("button", { name: `Remove ${name}` }).waitFor({ state: "attached" });
        await page.getByRole("button", { name, exact: true }).waitFor();
        await page.getByRole("button", { name, exact: true }).press("Delete");
        await page.getByRole("button", { name, exact: true }).waitFor({ state: "detached" });
      }
    };
    await round(10);
    const before = await heap(session);
    await round(80);
    const after = await heap(session);
    const grown = (after.bytes - before.bytes) / 1024;
    console.log(
      `80 photographs opened and removed: heap ${(before.bytes / 2 ** 20).toFixed(1)} to ` +
        `${(after.bytes / 2 ** 20).toFixed(1)} MB, nodes ${before.nodes} to ${after.nodes}`,
    );
    // A leak of the features of each would be 80 times 70 kB, one of its place in the strip 80 times
    // a handful of elements; noise is less.
    expect(grown).toBeLessThan(1500);
    expect(after.nodes - before.nodes).toBeLessThan(200);
    await page.close();
  });
});

async function heap(session: CDPSession): Promise<{ bytes: number; nodes: number }> {
  await session.send("HeapProfiler.enable");
  for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  return { bytes: usedSize, nodes };
}
