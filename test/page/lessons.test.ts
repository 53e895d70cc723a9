/** Lessons as a person takes them: opened, done by hand and shown, left and gone on with, with words that are explained. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readMetrics } from "../../engine/runs/metrics-log.ts";
import { runPaths } from "../../engine/runs/run-directory.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";

const patient = { timeout: 30_000 };

/** The log of the run that was begun last; names of runs sort by date. */
async function newestLog(home: string): Promise<string> {
  const runs = path.join(home, "gramscope-runs");
  const names = (await readdir(runs)).sort();
  return runPaths({ folder: path.join(runs, names.at(-1)!) }).metrics;
}

describe.skipIf(browserSkip !== undefined)("lessons in the page", () => {
  // Runs are offered a place in the home folder.
  const session = usePage("lessons", async (folder) => ({ HOME: folder }));
  const lesson = () => session.page.getByRole("complementary", { name: /^Lesson: What a patch/ });
  const place = () => lesson().locator(".lesson-place").innerText();
  const task = () => lesson().getByRole("status").innerText();

  it("begin beside the program, and tick what was done by hand", async () => {
    const { page, button } = session;
    await button("Learn").click();
    await button("Begin: What a patch token is").click();
    await expect.poll(place, patient).toBe("Card 1 of 6");
    expect(await task()).toMatch(/To do:\s+Hold one patch/);
    await page.getByRole("img", { name: /Arrow keys walk/ }).click();
    await expect.poll(task).toMatch(/Done:\s+Hold one patch/);
  });

  it("light what a part of a formula speaks of", async () => {
    const { page } = session;
    const grid = page.locator(".patch-grid");
    expect(await grid.isVisible()).toBe(false);
    await lesson().locator("[data-lights=grid]").focus();
    await expect.poll(() => grid.isVisible()).toBe(true);
    expect(await lesson().locator("figcaption").innerText()).toMatch(/number of patches/);
    await lesson().getByRole("heading").focus();
    await expect.poll(() => grid.isVisible()).toBe(false);
  });

  it("explain a word by the keyboard alone, and give the focus back", async () => {
    const { page } = session;
    const word = lesson().getByRole("button", { name: "patch token" });
    await word.focus();
    await page.keyboard.press("Enter");
    const box = page.getByRole("dialog", { name: "patch token" });
    await box.waitFor(patient);
    expect(await box.innerText()).toMatch(/one square of the picture/);
    await page.keyboard.press("Escape");
    await box.waitFor({ state: "detached" });
    expect(await word.evaluate((element) => element === document.activeElement)).toBe(true);
    // The lesson and the held patch are still there.
    expect(await task()).toMatch(/Done/);
  });

  it("go on after a reload where they were left, to the end", async () => {
    const { page, button } = session;
    await page.keyboard.press("PageDown");
    await lesson().getByRole("button", { name: "Show the norms" }).click();
    await expect.poll(task).toMatch(/Done/);
    await expect.poll(() => page.url()).toMatch(/lesson=tokens/);
    await page.reload();
    await expect.poll(place, patient).toBe("Card 2 of 6");
    expect(await task()).toMatch(/Done/);
    for (const [card, show] of [
      [3, "Short side 448 px"],
      [4, "Show the first block"],
      [5, "Ask with the CLS token"],
      [6, "Show the next sample"],
    ] as const) {
      await button("Next").click();
      await expect.poll(place).toBe(`Card ${card} of 6`);
      await lesson().getByRole("button", { name: show }).click();
      await expect.poll(task, patient).toMatch(/Done/);
    }
    await button("All lessons").click();
    const lines = page.getByRole("region", { name: "Lessons" });
    await expect.poll(() => lines.innerText()).toMatch(/6 of 6 done/);
    expect(session.complaints).toEqual([]);
  });

  it("begin a run and take its steps from the card", async () => {
    const { page, button } = session;
    await button("Learn").click();
    await button("Begin: Self-distillation, step by step").click();
    const training = page.getByRole("complementary", { name: /^Lesson: Self-dist/ });
    const done = () => training.getByRole("status").innerText();
    await training.getByRole("button", { name: "Begin a tiny run, paused" }).click();
    await expect.poll(done, { timeout: 90_000 }).toMatch(/Done/);
    await button("Next").click();
    await training.getByRole("button", { name: "Take one step" }).click();
    await expect.poll(done, patient).toMatch(/Done/);
    await training.locator("[data-lights=local-crops]").hover();
    const opacity = (part: string) =>
      page
        .locator(part)
        .first()
        .evaluate((one) => getComputedStyle(one).opacity);
    await expect.poll(() => opacity(".batch rect.crop:not(.crop-local)")).toBe("0.12");
    expect(await opacity(".batch rect.crop-local")).toBe("1");
    await button("Stop").click();
    await expect.poll(() => session.region("Run").innerText(), patient).toMatch(/Stopped/);
    await button("Close the lesson").click();
  });

  it("drag the Gram weight of a run that goes on: what has faded comes back", async () => {
    const { page, button, region } = session;
    await button("Learn").click();
    await button("Begin: Gram anchoring").click();
    const anchoring = page.getByRole("complementary", { name: /^Lesson: Gram anch/ });
    const done = () => anchoring.locator(".lesson-task").getByRole("status").innerText();
    const turnTo = async (card: number) => {
      await button("Next").click();
      await expect
        .poll(() => anchoring.locator(".lesson-place").innerText())
        .toBe(`Card ${card} of 5`);
    };
    await turnTo(2);
    await turnTo(3);
    await anchoring.getByRole("button", { name: "Start the run" }).click();
    await expect.poll(done, { timeout: 240_000 }).toMatch(/Done/);
    await turnTo(4);
    const slider = anchoring.getByRole("slider", { name: "Gram weight of this run" });
    await slider.focus();
    // From 0.01 to 100, by way of every weight between.
    await slider.press("End");
    await expect.poll(done, { timeout: 120_000 }).toMatch(/Done/);
    await turnTo(5);
    await region("Run").getByRole("slider", { name: "Gram weight of this run" }).focus();
    await page.keyboard.press("Home");
    await expect.poll(done, { timeout: 60_000 }).toMatch(/Done/);
    await button("Stop").click();
    await expect.poll(() => region("Run").innerText(), patient).toMatch(/Stopped/);
    const rows = await readMetrics(await newestLog(session.folder));
    const mean = (isWanted: (weight: number) => boolean) => {
      const terms = rows
        .filter((row) => isWanted(row["gram_loss_weight"]!))
        .map((row) => row["gram"]!)
        .slice(-15);
      return terms.reduce((sum, term) => sum + term, 0) / terms.length;
    };
    // Seen: 0.09 and 0.008 with weight 10.
    expect(mean((weight) => weight > 50)).toBeLessThan(0.5 * mean((weight) => weight === 0.01));
    expect(rows.filter((row) => row["gram_weight_set"] === 1).length).toBeGreaterThanOrEqual(2);
    await button("Close the lesson").click();
  }, 480_000);

  it("lead from a word on the screen to its entry", async () => {
    const { page, button, region } = session;
    await button("Look").click();
    await region("Probe").locator(".term").first().click();
    await button("More in the glossary").click();
    const entry = page.locator("[data-term='patch token']");
    await expect.poll(() => entry.evaluate((one) => one === document.activeElement)).toBe(true);
  });
});
