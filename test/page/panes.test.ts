/** Many panes in a real browser: linked, arranged as a grid, against each other, and how fast. */
import { describe, expect, it } from "vitest";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";

describe.skipIf(browserSkip !== undefined)("panes", () => {
  const session = usePage("panes");
  const panes = () => session.page.locator("section.pane");
  const pane = (index: number) => panes().nth(index);
  const address = () => new URL(session.page.url()).searchParams;

  it("P opens one and asks in what it differs; it follows the pointer in the first", async () => {
    const { page } = session;
    await page.keyboard.press("p");
    const menu = page.getByRole("dialog", { name: "What this pane shows of its own" });
    await menu.getByLabel("Layer").selectOption("block 3");
    await page.keyboard.press("Escape");
    await expect.poll(() => menu.isVisible()).toBe(false);
    await expect.poll(() => pane(1).locator(".readout").innerText()).toMatch(/patch 7, 7/);
    await expect.poll(() => address().get("pane")).toBe("layer=3");
    const photo = (await pane(1).locator(".photo").boundingBox())!;
    await page.mouse.move(photo.x + photo.width * 0.1, photo.y + photo.height * 0.1);
    // The pointer is in the second pane, and the query of the first goes with it.
    await expect.poll(() => pane(0).locator(".readout").innerText()).toMatch(/patch 1, 1/);
    await page.mouse.move(3, 500);
  });

  it("wipes, blinks and subtracts, and says in the legend what its colours are", async () => {
    const { page } = session;
    const menu = page.getByRole("dialog", { name: "What this pane shows of its own" });
    const open = () => pane(1).getByRole("button", { name: "What this pane shows" }).click();
    await open();
    await menu.getByLabel("Against").selectOption({ label: "1: pane 1" });
    await page.keyboard.press("Escape");
    await expect.poll(() => pane(1).locator(".legend").innerText()).toMatch(/difference of cosine/);
    await open();
    await menu.getByLabel("How").selectOption("wipe");
    await page.keyboard.press("Escape");
    const edge = pane(1).getByRole("slider", { name: /Edge between pane 2 and pane 1/ });
    await edge.fill("0.25");
    expect(
      await pane(1)
        .locator(".photo")
        .evaluate((photo) => photo.style.getPropertyValue("--own")),
    ).toBe("0.25");
    await open();
    await menu.getByLabel("How").selectOption("blink");
    await page.keyboard.press("Escape");
    const side = pane(1).locator(".pair-bar button");
    await expect.poll(() => side.innerText()).toBe("pane 1");
    await expect.poll(() => side.innerText()).toBe("pane 2");
    await expect.poll(() => address().get("pane")).toMatch("against=blink.1");
  });

  it("a grid of photographs and layers, undone in one step", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "A grid of panes" }).click();
    const dialog = page.getByRole("dialog", { name: "Grid of panes" });
    await dialog.getByLabel("Rows", { exact: true }).selectOption("layers");
    await expect
      .poll(() => dialog.getByRole("button", { name: "Arrange" }).isDisabled())
      .toBe(true);
    await expect.poll(() => dialog.innerText()).toMatch(/the same list/);
    await dialog.getByLabel("Rows", { exact: true }).selectOption("photographs");
    await dialog.getByRole("button", { name: "Arrange" }).click();
    await expect.poll(() => panes().count()).toBe(12);
    await page.keyboard.press("2");
    const drawn = () => page.locator("section.pane .own-map canvas[style*=visible]").count();
    await expect.poll(drawn).toBe(12);
    await page.getByRole("button", { name: "Close all panes but the first" }).click();
    await expect.poll(() => panes().count()).toBe(1);
    await page.keyboard.press("Control+z");
    await expect.poll(() => panes().count()).toBe(12);
  });

  it("four linked panes follow a hover", async () => {
    const { page, engine, complaints } = session;
    const pane = (text: string) => `&pane=${encodeURIComponent(text)}`;
    const layers = [1, 3, 4].map((layer) => pane(`layer=${layer}`)).join("");
    await page.goto(`${engine.url}&size=1024x1024${layers}&measure`);
    await expect.poll(() => page.locator(".own-map canvas[style*=visible]").count()).toBe(4);
    await page.evaluate(() => (window.gramscopeTimings = []));
    const box = (await page.locator("section.pane .photo").first().boundingBox())!;
    for (let i = 0; i < 60; i++) {
      const at = 0.1 + (0.8 * i) / 60;
      await page.mouse.move(box.x + at * box.width, box.y + (0.5 + 0.3 * Math.sin(i)) * box.height);
      await page.waitForTimeout(60);
    }
    const timings = (await page.evaluate(() => window.gramscopeTimings ?? [])).filter(
      ({ panes }) => panes === 4,
    );
    const times = timings
      .map(({ startedAt, paintedAt }) => paintedAt - startedAt)
      .sort((a, b) => a - b);
    const part = (p: number) => times[Math.floor(p * (times.length - 1))]!;
    console.log(
      `hover in four linked panes of ${timings[0]?.patches} patches: ` +
        `median ${part(0.5).toFixed(1)} ms, 95 % ${part(0.95).toFixed(1)} ms (bar 33)`,
    );
    expect(times.length).toBeGreaterThan(30);
    expect(part(0.5)).toBeLessThan(4 * 33);
    expect(complaints).toEqual([]);
  });
});
