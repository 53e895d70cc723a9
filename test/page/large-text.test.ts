/** Text of any size in windows from 1024 x 700: all can be read and reached, and the photograph stays of use. */
import path from "node:path";
import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { ReportCache } from "../../engine/compare/report-cache.ts";
import { browserSkip } from "../support/browser.ts";
import { fadingComparison } from "../support/fading-comparison.ts";
import { layoutFaults } from "../support/layout-faults.ts";
import { usePage } from "../support/page-session.ts";
import { writeSmallRun } from "../support/small-run.ts";

/** With the least shorter side of a photograph beside an open timeline, at text of 200 %. */
const windows = [
  { width: 1440, height: 900, least: 280 },
  { width: 1024, height: 700, least: 220 },
] as const;

describe.skipIf(browserSkip !== undefined)("large text", () => {
  const at = usePage("large-text", async (folder) => {
    const [run, cache] = [path.join(folder, "run"), path.join(folder, "cache")];
    const steps = [10, 20, 40, 70, 100];
    await writeSmallRun(run, steps);
    await new ReportCache(path.join(cache, "reports")).write(run, fadingComparison(run, steps, 40));
    return { GRAMSCOPE_CACHE: cache };
  });
  const { button, region } = at;
  const key = (name: string) => at.page.keyboard.press(name);
  const dialog = (name: string) => at.page.getByRole("dialog", { name });
  const tab = (name: string) => at.page.getByRole("tab", { name, exact: true });
  const photo = () => at.page.locator(".photo").first();

  /** The page is laid out anew by observers, some frames after the window has changed. */
  async function isStill(one: Locator): Promise<void> {
    let before = "";
    await expect
      .poll(async () => {
        const now = JSON.stringify(await one.boundingBox());
        const isSame = now === before;
        before = now;
        return isSame;
      })
      .toBe(true);
  }

  async function audit(state: string): Promise<void> {
    for (const { width, height } of windows) {
      await at.page.setViewportSize({ width, height });
      await isStill(at.page.locator(".app > :nth-child(2)"));
      if ((await photo().count()) > 0) await isStill(photo());
      expect.soft(await layoutFaults(at.page), `${state}, ${width}`).toEqual([]);
    }
    await at.page.setViewportSize({ width: 1440, height: 900 });
  }

  async function setText(percent: number): Promise<void> {
    await key("Control+,");
    await dialog("Settings").getByLabel("Text size").fill(String(percent));
    await audit(`settings at ${percent} %`);
    await key("Escape");
    await dialog("Settings").waitFor({ state: "hidden" });
  }

  async function openRun(): Promise<void> {
    await at.page.getByLabel("Scrub through its checkpoints").fill(path.join(at.folder, "run"));
    await button("Open run").click();
    await at.page.locator(".pane-head .step").waitFor();
  }

  it("the photograph keeps a useful size at 200 %, with a run on the timeline", async () => {
    const { page } = at;
    await setText(200);
    await openRun();
    for (const { width, height, least } of windows) {
      await page.setViewportSize({ width, height });
      await isStill(photo());
      const { width: across, height: down } = (await photo().boundingBox())!;
      expect.soft(Math.min(across, down), `${width} x ${height}`).toBeGreaterThanOrEqual(least);
      await page.screenshot({ path: `test-results/large-text-${width}.png` });
      // What there is no room for is a button away.
      const curves = button("Charts of the run");
      expect(await curves.getAttribute("aria-expanded")).toBe(String(height === 900));
      if (height === 900) continue;
      await curves.click();
      await region("Timeline").getByRole("combobox", { name: "Curve" }).waitFor();
      await isStill(photo());
      expect.soft(await layoutFaults(page), "curves asked for").toEqual([]);
      await curves.click();
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await region("Run").getByRole("button", { name: "Close" }).click();
    await setText(100);
  });

  it.each([100, 150, 200])(
    "at %i percent nothing on Look is cut off or out of reach",
    async (percent) => {
      const { page } = at;
      await setText(percent);
      await audit("alone");
      for (const [opened, name] of [
        ["Control+k", "Find an action"],
        ["?", "Keyboard"],
      ] as const) {
        await key(opened);
        await dialog(name).locator("input, button").first().waitFor();
        await audit(name);
        await key("Escape");
      }
      await page.locator(".right .term").first().press("Enter");
      await page.locator(".term-box").waitFor();
      await audit("a word explained");
      await key("Escape");
      await key("f");
      await dialog("Save a figure").getByRole("img").waitFor();
      await audit("figure");
      await key("Escape");
      await openRun();
      await audit("timeline");
      await key("p");
      await dialog("What this pane shows of its own").waitFor();
      await audit("pane menu");
      await key("Escape");
      await audit("two panes");
      for (let i = 0; i < 2; i++) {
        await key("p");
        await key("Escape");
      }
      await audit("four panes");
      await button("Close all panes but the first").click();
      await key("g");
      await key("x");
      await region("Gram matrix").locator("canvas").waitFor();
      await audit("matrix and space");
      await key("g");
      await key("x");
      await region("Run").getByRole("button", { name: "Close" }).click();
      await page.getByLabel("Scrub through its checkpoints").waitFor();
    },
  );

  it.each([100, 200])("at %i percent nothing on the other pages is either", async (percent) => {
    const { page } = at;
    await setText(percent);
    await button("Train").click();
    await region("Recipe").waitFor();
    await audit("train");
    await page.getByText("Open an earlier run").click();
    await page.getByLabel("Its folder").fill(path.join(at.folder, "run"));
    await button("Show its curves").click();
    await page.locator(".curve").first().waitFor();
    await audit("curves");
    await button("Measure").click();
    for (const name of ["Compare", "Probes", "Scenes"]) {
      await tab(name).click();
      await audit(name);
    }
    await button("Export").click();
    for (const name of ["Write", "Verify"]) {
      await tab(name).click();
      await audit(name);
    }
    await button("Learn").click();
    const lessons = page.locator(".lessons");
    await lessons.waitFor();
    await audit("learn");
    for (const i of [0, 2]) {
      await lessons.getByRole("button").nth(i).click();
      await page.locator(".lesson article").waitFor();
      await audit(`lesson ${i + 1}`);
      await button("Close the lesson").click();
      await button("Learn").click();
      await lessons.waitFor();
    }
    await button("Look").click();
    await photo().waitFor();
  });

  it("what is cut off, covered, outside or too small is found", async () => {
    const { page } = at;
    await setText(100);
    expect(await layoutFaults(page)).toEqual([]);
    await page.evaluate(() => {
      const box = document.createElement("div");
      box.id = "faulty";
      box.style.cssText = "position:fixed;left:300px;top:300px;width:200px;background:white";
      box.innerHTML = `
        <p style="width:40px;overflow:hidden;white-space:nowrap">a text that is cut</p>
        <button style="position:fixed;left:1500px;top:10px;width:40px;height:30px">outside</button>
        <button style="position:fixed;left:600px;top:400px;width:60px;height:30px">under</button>
        <div style="position:fixed;left:590px;top:390px;width:90px;height:50px;background:red"></div>
        <button style="position:fixed;left:300px;top:500px;width:10px;height:10px;padding:0" aria-label="small"></button>
        <button style="position:fixed;left:312px;top:500px;width:10px;height:10px;padding:0" aria-label="tiny"></button>`;
      document.body.append(box);
    });
    const found = (await layoutFaults(page)).join("\n");
    expect(found).toMatch(/cut off: p "a text that is cut"/);
    expect(found).toMatch(/out of reach: button "outside"/);
    expect(found).toMatch(/covered: button "under"/);
    expect(found).toMatch(/small: button "small".* 10 x 10, beside button "tiny"/);
    await page.evaluate(() => document.querySelector("#faulty")!.remove());
    expect(at.complaints).toEqual([]);
  });
});
