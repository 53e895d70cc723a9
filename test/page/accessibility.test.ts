/** The page for everyone: what axe finds in every state, focus and its order, sizes and zoom. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { auditPage } from "../support/audit.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";
import { writeSmallRun } from "../support/small-run.ts";
import { unlinkedTerms } from "../support/unlinked-terms.ts";

describe.skipIf(browserSkip !== undefined)("the page for everyone", () => {
  const at = usePage("accessibility", async (folder) => {
    await writeSmallRun(path.join(folder, "run"), [10, 20]);
    return undefined;
  });
  const { button, region } = at;
  const key = (name: string) => at.page.keyboard.press(name);
  const dialog = (name: string) => at.page.getByRole("dialog", { name });
  const drawn = () => at.page.locator(".own-map canvas[style*=visible]").count();
  const tab = (name: string) => at.page.getByRole("tab", { name, exact: true });

  const pressAll = (selector: string) =>
    at.page
      .locator(selector)
      .evaluateAll((all: HTMLElement[]) => all.forEach((one) => one.click()));
  const audit = (state: string) => auditPage(at.page, state);

  it("Look: alone, with panes, matrix, space, dialogs and a run, nothing that axe finds", async () => {
    const { page } = at;
    await expect.poll(drawn).toBe(1);
    await audit("alone");
    await button("Check").click();
    await audit("check");
    await key("Escape");
    await button("A grid of panes").click();
    await dialog("Grid of panes").waitFor();
    await audit("grid dialog");
    await key("Escape");
    await key("p");
    await dialog("What this pane shows of its own").waitFor();
    await audit("pane menu");
    await key("Escape");
    for (let i = 0; i < 2; i++) {
      await key("p");
      await key("Escape");
    }
    await expect.poll(drawn).toBe(4);
    await audit("four panes");
    await button("Close all panes but the first").click();
    for (const probe of ["2", "3", "4", "5", "6", "7", "8"]) {
      await key(probe);
      await expect.poll(() => page.getByRole("region", { name: /^Numbers/ }).count()).toBe(1);
      await page.waitForTimeout(300);
      await audit(`probe ${probe}`);
    }
    await key("1");
    await key("g");
    await key("x");
    await region("Gram matrix").locator("canvas").waitFor();
    await expect.poll(() => page.locator(".space-note").count()).toBe(0);
    await audit("matrix and space");
    for (const shown of ["UMAP", "Gram"]) {
      await region("Space").getByText(shown, { exact: true }).click();
      await expect.poll(() => page.locator(".space-note").count()).toBe(0);
      await audit(`space: ${shown}`);
    }
    await key("g");
    await key("x");
    await key("f");
    await dialog("Save a figure").getByRole("img").waitFor();
    await audit("figure");
    await key("Escape");
    for (const [opened, name] of [
      ["Control+k", "Find an action"],
      ["?", "Keyboard"],
      ["Control+,", "Settings"],
    ] as const) {
      await key(opened);
      await dialog(name).locator("input, button").first().waitFor();
      await audit(name);
      await key("Escape");
    }
    for (const name of ["Open a run", "Open a model"]) {
      await key("Control+k");
      await dialog("Find an action").getByRole("combobox").fill(name);
      await key("Enter");
      await dialog(name).getByRole("combobox").waitFor();
      await audit(name);
      await key("Escape");
    }
    await page.getByLabel("Scrub through its checkpoints").fill(path.join(at.folder, "run"));
    await button("Open run").click();
    await expect.poll(() => page.locator(".pane-head .step").count()).toBe(1);
    await audit("timeline");
    await page.getByLabel("Open another model").fill("/nowhere");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await audit("an error");
  });

  it("Train, Measure and Export: nothing that axe finds", async () => {
    const { page } = at;
    await button("Train").click();
    await region("Recipe").waitFor();
    await audit("train");
    await pressAll("h3 [aria-expanded=false]");
    await region("Recipe").getByLabel("Model", { exact: true }).selectOption("written out…");
    await pressAll(".explain");
    await audit("every setting, explained");
    await page.getByText("Open an earlier run").click();
    await page.getByLabel("Its folder").fill(path.join(at.folder, "run"));
    await button("Show its curves").click();
    await page.locator(".curve").first().waitFor();
    await pressAll(".curve-note summary");
    await audit("curves");
    await button("Measure").click();
    for (const name of ["Compare", "Probes", "Scenes"]) {
      await tab(name).click();
      await page.waitForTimeout(1000);
      await audit(name);
    }
    for (const shown of ["Two views", "Sequence"]) {
      await page.getByText(shown, { exact: true }).click();
      await page.waitForTimeout(1000);
      await audit(`scenes: ${shown}`);
    }
    await tab("Probes").click();
    for (const probe of ["Linear", "Segmentation", "Depth", "Correspondence", "Tracking"]) {
      await region("What is measured").getByText(probe, { exact: true }).click();
      await audit(`probe form: ${probe}`);
    }
    await button("Export").click();
    for (const name of ["Write", "Verify"]) {
      await tab(name).click();
      await pressAll("details.more:not([open]) > summary");
      await audit(name);
    }
    await tab("Write").click();
    await region("Model and format").getByText("safetensors", { exact: true }).click();
    await audit("safetensors");
  });

  it("a word that nobody explains is found, with its panel", async () => {
    const { page } = at;
    await button("Look").click();
    await region("Probe").waitFor();
    expect(await unlinkedTerms(page)).toEqual([]);
    await region("Images").evaluate((section) => section.append("Whose student is it?"));
    expect(await unlinkedTerms(page)).toEqual([
      'section Images: "student" in "Whose student is it?"',
    ]);
    await region("Images").evaluate((section) => section.lastChild!.remove());
  });

  describe("sizes", () => {
    /** What does not lie where a person can see or reach it. */
    const outOfPlace = () =>
      at.page.evaluate(() => {
        const { documentElement: whole, body } = document;
        const app = document.querySelector(".app")!;
        const named = (one: Element) =>
          one.getAttribute("aria-label") ?? (one.textContent || one.className).slice(0, 30);
        const found: string[] = [];
        for (const one of [whole, body, app]) {
          if (one.scrollWidth > one.clientWidth) found.push(`${one.tagName} is wider than itself`);
        }
        for (const one of document.querySelectorAll(
          ".top button, .status > span, .segments span",
        )) {
          if (one.scrollWidth > one.clientWidth + 1) found.push(`${named(one)} spills over`);
        }
        const parts = [...document.querySelectorAll(".top button, .top h1, .top .chip")]
          .map((one) => ({ one, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0);
        const edge = document.querySelector(".top")!.getBoundingClientRect();
        for (const [i, { one, box }] of parts.entries()) {
          const isOutside = box.left < 0 || box.right > innerWidth || box.bottom > edge.bottom + 1;
          if (isOutside) found.push(`${named(one)} is cut off`);
          for (const other of parts.slice(i + 1)) {
            // Joined buttons share a line of one pixel.
            const across =
              Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
            const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
            if (across > 1.5 && down > 1.5) found.push(`${named(one)} over ${named(other.one)}`);
          }
        }
        for (const one of document.querySelectorAll("aside:not([hidden]), main")) {
          const { left, right, width } = one.getBoundingClientRect();
          if (left < 0 || right > innerWidth + 0.5) found.push(`${one.tagName} is cut off`);
          if (width < 190) found.push(`${one.tagName} is ${width} px wide`);
        }
        return found;
      });

    // 720x450 and 512x350 are what 1440x900 and 1024x700 have at 200 %.
    it.each([
      [1024, 700, 1],
      [1440, 900, 1],
      [3840, 2160, 0],
      [720, 450, 2],
      [512, 350, 2],
    ])(
      "%i x %i: nothing wider than the page, no control over another",
      async (width, height, scale) => {
        const { page } = at;
        await page.setViewportSize({ width, height });
        for (const name of ["Look", "Train", "Measure", "Export"]) {
          await button(name).click();
          // A page that is still loading has no panels.
          await page.locator(".app > .left").waitFor();
          if (scale > 0) {
            await page.emulateMedia({ colorScheme: "light" });
            await page.screenshot({ path: `test-results/everyone-${name}-${width}-light.png` });
            await page.emulateMedia({ colorScheme: "dark" });
            await page.screenshot({ path: `test-results/everyone-${name}-${width}-dark.png` });
          }
          expect.soft(await outOfPlace(), name).toEqual([]);
        }
        await button("Look").click();
      },
    );
  });

  it("Tab goes from header to images, stage and panels, and what has the focus is seen", async () => {
    const { page } = at;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(at.engine.url);
    await expect.poll(drawn).toBe(1);
    const stops: string[] = [];
    const unseen: string[] = [];
    for (let i = 0; i < 120; i++) {
      await key("Tab");
      const stop = await page.evaluate(() => {
        const now = document.activeElement;
        if (!now || now === document.body) return undefined;
        const part = now.closest("header.top, aside, .middle, footer.status");
        // Radio buttons and the like lie under the word that is drawn in their place.
        const shown = now.matches(".segments input") ? now.nextElementSibling! : now;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown);
        const box = shown.getBoundingClientRect();
        const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight;
        return {
          part: part?.className ?? "nowhere",
          name: now.getAttribute("aria-label") ?? now.outerHTML.slice(0, 80),
          isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && isInside,
        };
      });
      if (!stop) break;
      if (stops.at(-1) !== stop.part) stops.push(stop.part);
      if (!stop.isSeen) unseen.push(stop.name);
    }
    expect(unseen).toEqual([]);
    expect(stops).toEqual(["top", "left", "middle", "right", "status"]);
  });

  it("the focus goes back to the button when a dialog closes, by key or by its cross", async () => {
    const { page } = at;
    const isFocused = (name: string) =>
      button(name).evaluate((one) => one === document.activeElement);
    for (const [name, title] of [
      ["Figure", "Save a figure"],
      ["A grid of panes", "Grid of panes"],
      ["Check", "Check of this installation"],
    ] as const) {
      for (const close of ["Escape", "cross"]) {
        await button(name).press("Enter");
        await dialog(title).waitFor();
        // Nothing behind it can be reached.
        expect(await page.evaluate(() => document.activeElement?.closest("dialog") !== null)).toBe(
          true,
        );
        if (close === "Escape") await key("Escape");
        else await dialog(title).getByRole("button", { name: "Close" }).press("Enter");
        await expect.poll(() => page.locator("dialog[open], .grid-dialog").count()).toBe(0);
        await expect.poll(() => isFocused(name)).toBe(true);
      }
    }
    expect(at.complaints).toEqual([]);
  });
});
