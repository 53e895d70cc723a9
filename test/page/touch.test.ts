/** The page by fingers alone: what a tap, a drag, a rest and two fingers do on the photograph and in space. */
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";

interface Place {
  readonly x: number;
  readonly y: number;
}

describe.skipIf(browserSkip !== undefined)("by touch", () => {
  const at = usePage("touch");
  let context: BrowserContext;
  let page: Page;
  let fingers: CDPSession;
  beforeAll(async () => {
    context = await at.browser.newContext({
      hasTouch: true,
      viewport: { width: 1024, height: 700 },
    });
    page = await context.newPage();
    fingers = await context.newCDPSession(page);
  });
  afterAll(() => context.close());

  const pane = () => page.getByRole("region", { name: "Photograph", exact: true });
  const readout = () => pane().locator(".readout").innerText();
  const held = () => new URL(page.url()).searchParams.get("patch");
  const placesIn = async (part: ReturnType<Page["locator"]>) => {
    const box = (await part.boundingBox())!;
    return (x: number, y: number): Place => ({
      x: box.x + x * box.width,
      y: box.y + y * box.height,
    });
  };
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: Place[]) =>
    fingers.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: points.map((point, id) => ({ ...point, id })),
    });
  /** How far the page, and the view of it, was moved or enlarged by the browser itself. */
  const moved = () =>
    page.evaluate(() => [scrollX, scrollY, visualViewport!.scale, visualViewport!.offsetTop]);

  it("a tap holds a patch", async () => {
    await page.goto(`${at.engine.url}&patch=0,0`);
    await expect.poll(readout).toMatch(/patch 0, 0/);
    // Not on the edge between two patches.
    const { x, y } = (await placesIn(pane().locator(".photo")))(0.53, 0.53);
    await page.touchscreen.tap(x, y);
    await expect.poll(readout).toMatch(/patch 7, 7/);
    await expect.poll(held).toBe("7,7");
  });

  it("a finger that rests and then drags draws a box, and a short drag draws none", async () => {
    const place = await placesIn(pane().locator(".photo"));
    const [from, to] = [place(0.25, 0.25), place(0.53, 0.39)];
    await touch("touchStart", from);
    await touch("touchMove", to);
    await touch("touchEnd");
    expect(held()).toBe("7,7");
    await touch("touchStart", from);
    await page.waitForTimeout(700);
    await touch("touchMove", place(0.4, 0.3));
    await touch("touchMove", to);
    await touch("touchEnd");
    await expect.poll(held).toBe("3-5,3-7");
    expect(await moved()).toEqual([0, 0, 1, 0]);
    // The next tap is a tap again.
    const { x, y } = place(0.53, 0.53);
    await page.touchscreen.tap(x, y);
    await expect.poll(held).toBe("7,7");
  });

  it("with Add patches a tap and a box add to what is held, and a tap on a held patch takes it away", async () => {
    const add = pane().getByRole("button", { name: "Add patches" });
    const box = (await add.boundingBox())!;
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    await add.tap();
    expect(await add.getAttribute("aria-pressed")).toBe("true");
    const place = await placesIn(pane().locator(".photo"));
    const tap = ({ x, y }: Place) => page.touchscreen.tap(x, y);
    await tap(place(0.1, 0.1));
    await expect.poll(held).toBe("1,1;7,7");
    await expect.poll(readout).toMatch(/2 patches/);
    await touch("touchStart", place(0.25, 0.25));
    await page.waitForTimeout(700);
    // Farther, and back: what the box left is not held.
    await touch("touchMove", place(0.53, 0.53));
    await touch("touchMove", place(0.39, 0.32));
    // At rest: Chromium takes the tap after a fling for the one that stops it.
    await page.waitForTimeout(300);
    await touch("touchMove", place(0.39, 0.325));
    await touch("touchEnd");
    await expect.poll(held).toBe("1,1;3-4,3-5;7,7");
    await tap(place(0.1, 0.1));
    await expect.poll(held).toBe("3-4,3-5;7,7");
    // By its name as well; then a tap holds one patch alone again.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find an action" }).waitFor();
    await page.keyboard.type("add patches to what is held");
    await page.keyboard.press("Enter");
    await expect.poll(() => add.getAttribute("aria-pressed")).toBe("false");
    await tap(place(0.53, 0.53));
    await expect.poll(held).toBe("7,7");
  });

  it("two fingers zoom, one finger moves what is zoomed", async () => {
    const { x, y } = (await placesIn(pane().locator(".photo")))(0.53, 0.53);
    const percent = async () => parseFloat(await pane().locator(".zoom output").innerText());
    const before = await percent();
    const apart = (by: number) => [
      { x: x - by, y },
      { x: x + by, y },
    ];
    await touch("touchStart", ...apart(40));
    for (const by of [50, 60, 70, 80]) await touch("touchMove", ...apart(by));
    await touch("touchEnd");
    // Twice as far apart is twice as large.
    await expect.poll(async () => (await percent()) / before).toBeCloseTo(2, 1);

    const left = async () => (await pane().locator(".photo").boundingBox())!.x;
    const before0 = await left();
    await touch("touchStart", { x, y });
    for (const by of [10, 20, 30, 40]) await touch("touchMove", { x: x + by, y: y + by / 2 });
    await touch("touchEnd");
    await expect.poll(async () => (await left()) - before0).toBeCloseTo(40, 0);
    // A drag is no tap.
    expect(held()).toBe("7,7");
    expect(await moved()).toEqual([0, 0, 1, 0]);
  });

  it("the lasso of space is drawn by one finger; a second one ends it without holding", async () => {
    const space = page.getByRole("region", { name: "Space", exact: true });
    const view = space.locator(".space-view");
    await page.goto(`${at.engine.url}&space=pca`);
    await expect.poll(() => space.innerText()).toMatch(/1st component/);
    await space.getByRole("button", { name: "Lasso", exact: true }).tap();
    const place = await placesIn(view);
    const corners = [place(0.03, 0.03), place(0.97, 0.03), place(0.97, 0.97), place(0.03, 0.97)];
    /** Where the names of the axes stand says how all is turned. */
    const turned = () =>
      view
        .locator(".axis")
        .evaluateAll((all) => all.map((one) => (one as HTMLElement).style.transform));
    const before = await turned();

    await touch("touchStart", corners[0]!);
    await touch("touchMove", corners[1]!);
    await touch("touchMove", corners[2]!);
    await expect.poll(() => view.locator(".lasso-line").count()).toBe(1);
    await touch("touchStart", corners[2]!, place(0.5, 0.5));
    await expect.poll(() => view.locator(".lasso-line").count()).toBe(0);
    await touch("touchEnd");
    expect(held()).toBe(null);

    await touch("touchStart", corners[0]!);
    for (const corner of corners.slice(1)) await touch("touchMove", corner);
    await touch("touchEnd");
    await expect.poll(() => space.innerText()).toMatch(/196 held/);
    await expect.poll(held).toBe("0-13,0-13");
    expect(await moved()).toEqual([0, 0, 1, 0]);

    // A second lasso takes the place of the first, unless it is to add.
    const half = async (from: number, to: number) => {
      const count = async () => Number(/(\d+) held/.exec(await space.innerText())?.[1] ?? 0);
      const last = await count();
      const corner = await placesIn(view);
      await touch("touchStart", corner(from, 0.1));
      for (const next of [corner(to, 0.1), corner(to, 0.95), corner(from, 0.95)]) {
        await touch("touchMove", next);
      }
      await touch("touchEnd");
      await expect.poll(count).not.toBe(last);
      return count();
    };
    const left = await half(0.1, 0.5);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(196);
    const add = space.getByRole("button", { name: "Add patches" });
    const size = (await add.boundingBox())!;
    expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(44);
    await add.tap();
    expect(await half(0.5, 0.9)).toBeGreaterThan(left);
    await add.tap();

    // Nothing was turned meanwhile; without the tool a finger turns.
    await page.keyboard.press("Escape");
    await expect.poll(held).toBe(null);
    expect(await turned()).toEqual(before);
    await space.getByRole("button", { name: "Lasso", exact: true }).tap();
    await touch("touchStart", corners[0]!);
    await touch("touchMove", place(0.2, 0.2));
    await touch("touchMove", place(0.5, 0.5));
    await touch("touchEnd");
    await expect.poll(turned).not.toEqual(before);
    expect(held()).toBe(null);
  });
});
