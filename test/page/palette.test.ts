/** The palette, the list of keys, the settings and the doors of a first visit, as a person meets them. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { auditPage } from "../support/audit.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";

/** What is wider than the part of the page that it stands in. */
const cutOff = (page: Page) =>
  page.evaluate(() =>
    ["html", "header.top", "aside.left", "aside.right"].flatMap((selector) => {
      const element = document.querySelector(selector);
      if (!element || element.scrollWidth === element.clientWidth) return [];
      const { right } = element.getBoundingClientRect();
      const cut = [...element.querySelectorAll("*")].filter(
        (part) => part.getBoundingClientRect().right > right + 1,
      );
      return [`${selector}: ${cut.map((part) => part.outerHTML.slice(0, 90)).join("\n")}`];
    }),
  );

/** Buttons of the top line that lie over each other. */
const overlaps = (page: Page) =>
  page.evaluate(() => {
    const boxes = [...document.querySelectorAll("header.top button, header.top b, .chip")].map(
      (element) => ({ name: element.textContent, box: element.getBoundingClientRect() }),
    );
    return boxes.flatMap((a, i) =>
      boxes
        .slice(i + 1)
        .filter(
          (b) =>
            Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 2 &&
            Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 2,
        )
        .map((b) => `${a.name} / ${b.name}`),
    );
  });

describe.skipIf(browserSkip !== undefined)("the palette", () => {
  const session = usePage("palette");
  const dialog = (name: string) => session.page.getByRole("dialog", { name, exact: true });

  it("finds a photograph by its name and shows it, by keys alone", async () => {
    const { page } = session;
    await page.keyboard.press("Control+k");
    await dialog("Find an action").getByRole("combobox").waitFor();
    await page.keyboard.type("rocket");
    await page.keyboard.press("Enter");
    await dialog("Find an action").waitFor({ state: "hidden" });
    await expect.poll(() => page.locator(".subject").innerText()).toMatch(/Rocket launch/);
  });

  it("names each action's keys, and gives the focus back", async () => {
    const { page } = session;
    await session.button("Find an action").focus();
    await page.keyboard.press("Enter");
    const found = dialog("Find an action").getByRole("option");
    await found.first().waitFor();
    await page.keyboard.type("show pca");
    await expect.poll(() => found.allInnerTexts()).toEqual([expect.stringMatching(/Show PCA\s+2/)]);
    await page.keyboard.press("Escape");
    await dialog("Find an action").waitFor({ state: "hidden" });
    const focused = page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(await focused).toBe("Find an action");
  });

  it("is on the other pages as well, and lists all keys", async () => {
    const { page } = session;
    await page.keyboard.press("Control+k");
    await dialog("Find an action").getByRole("combobox").waitFor();
    await page.keyboard.type("go to measure");
    await page.keyboard.press("Enter");
    await page.locator(".app.measure").waitFor();
    await page.keyboard.press("?");
    const sheet = dialog("Keyboard");
    await sheet.getByText("Next colour map").waitFor();
    expect(await sheet.getByRole("region").count()).toBeGreaterThan(3);
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "hidden" });
  });

  it("text of 200 % leaves nothing cut off or overlapping, and stays after a reload", async () => {
    const { page } = session;
    await page.getByRole("button", { name: "Settings", exact: true }).click();
    await dialog("Settings").getByLabel("Text size").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Escape");
    await dialog("Settings").waitFor({ state: "hidden" });
    await page.reload();
    for (const [width, height] of [
      [1440, 900],
      [1024, 700],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const name of ["Train", "Measure", "Export", "Look"]) {
        await page.getByRole("button", { name, exact: true }).click();
        await page
          .locator(name === "Look" ? ".app > .left" : `.app.${name.toLowerCase()}`)
          .waitFor();
        expect(await cutOff(page), `${name}, ${width}`).toEqual([]);
        expect(await overlaps(page), `${name}, ${width}`).toEqual([]);
      }
    }
    const size = page.evaluate(() => getComputedStyle(document.body).fontSize);
    expect(await size).toBe("26px");
    expect(session.complaints).toEqual([]);
  });

  it("the first visit finds doors beneath the map, the second does not", async () => {
    const context = await session.browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(session.engine.url);
    const welcome = page.getByRole("region", { name: "Welcome" });
    await welcome.getByRole("button", { name: /Open a run/ }).click();
    await page.getByRole("dialog", { name: "Open a run", exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await auditPage(page, "a first visit");
    const map = (await page.locator(".stage").boundingBox())!;
    expect((await welcome.boundingBox())!.y).toBeGreaterThanOrEqual(map.y + map.height);
    await page.reload();
    await page.locator(".chip", { hasText: "runs on" }).waitFor();
    expect(await welcome.count()).toBe(0);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find an action" }).waitFor();
    await page.keyboard.type("welcome");
    await page.keyboard.press("Enter");
    await welcome.waitFor();
    await context.close();
  });
});
