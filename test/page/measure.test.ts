/**
 * Measuring as a person does it in the page: a run is compared and the advice followed, models are
 * probed side by side, the built-in world is walked through. A real engine scores real models.
 */
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { compareReport } from "../../engine/protocol/comparison.ts";
import { probeReport } from "../../engine/protocol/probe-report.ts";
import { auditPage } from "../support/audit.ts";
import { browserSkip } from "../support/browser.ts";
import { gramscope } from "../support/command-line.ts";
import { usePage } from "../support/page-session.ts";
import { bundledModel } from "../support/running-engine.ts";
import { photographRecipe } from "../support/training.ts";

/** Models are opened and compiled, and many times slower where the machine is shared. */
const patient = { timeout: 90_000 };

/** The bundled model as it sees other contrasts: flat pictures give smooth maps, glaring ones noise. */
const contrasts = { mild: 2, flat: 20, glaring: 0.01 } as const;

describe.skipIf(browserSkip !== undefined)("the page measures", () => {
  const at = usePage("measure", async (folder) => {
    for (const [name, deviation] of Object.entries(contrasts)) {
      await cp(bundledModel, path.join(folder, name), { recursive: true });
      await edit(path.join(folder, name, "preprocessor_config.json"), {
        image_std: [deviation, deviation, deviation],
      });
    }
    const recipe = path.join(folder, "recipe.json");
    const steps = { steps: 20, checkpointEvery: 5, keepEvery: 5, watch: [] };
    await writeFile(recipe, JSON.stringify({ ...photographRecipe, ...steps }));
    const trained = await gramscope(["train", recipe, "--out", path.join(folder, "tiny-run")]);
    expect(trained).toMatchObject({ code: 0 });
    // What other tests remember of the same weights is not to be found.
    return { GRAMSCOPE_CACHE: path.join(folder, "cache") };
  });
  const { button, region } = at;
  const run = () => path.join(at.folder, "tiny-run");
  const model = (name: keyof typeof contrasts) => path.join(at.folder, name);

  const tab = (name: string) => at.page.getByRole("tab", { name, exact: true });
  const panel = () => at.page.getByRole("tabpanel");
  const choose = (name: string) =>
    panel().locator(".segments").getByText(name, { exact: true }).click();
  /** A text field for a number. Its label may go on with a unit. */
  const whole = (name: string) =>
    panel()
      .locator("input.num")
      .and(panel().getByLabel(new RegExp(`^${name}( px)?$`)));
  const text = (target: Locator) => target.innerText();

  it("is a switch away, and an address of its own", async () => {
    await button("Measure").click();
    await tab("Compare").waitFor();
    expect(await button("Compare").isEnabled()).toBe(false);
    expect(await text(panel())).toMatch(/Give the folder of a run/);
    await tab("Compare").press("ArrowRight");
    expect(await tab("Probes").getAttribute("aria-selected")).toBe("true");
    expect(await tab("Probes").evaluate((one) => one === document.activeElement)).toBe(true);
    await tab("Probes").press("End");
    await expect.poll(() => at.page.url()).toMatch(/page=measure&tab=scenes/);
    await tab("Scenes").press("ArrowRight");
    await expect.poll(() => at.page.url()).toMatch(/page=measure$/);
    await button("Look").click();
    await expect.poll(() => at.page.url()).not.toMatch(/page=|tab=/);
    await button("Measure").click();
  });

  describe("comparing", () => {
    const advice = () => region("Advice");

    const fill = async (paths: readonly string[], numbers: readonly [string, string, string]) => {
      if (paths.length === 1) {
        await choose("A run");
        await panel().getByLabel("Folder of the run").fill(paths[0]!);
      } else {
        await choose("Models");
        for (const [i, one] of paths.entries()) {
          if (i > 0) await button("Add a model").click();
          await panel()
            .getByLabel(`Model ${i + 1}`, { exact: true })
            .fill(one);
        }
      }
      for (const [i, name] of ["At most", "Size", "Seed"].entries()) {
        await whole(name).fill(numbers[i]!);
      }
    };

    it("says of a number that is none what was expected, and starts nothing", async () => {
      await fill([run()], ["8", "7 px", "0"]);
      await expect.poll(() => text(panel())).toMatch(/Size: .* 64 to 2,048, received “7 px”/);
      expect(await button("Compare").isEnabled()).toBe(false);
      await whole("Size").fill("64");
      await expect.poll(() => button("Compare").isEnabled()).toBe(true);
    });

    it("says of a folder that is no run what it is, once, beside the button", async () => {
      const nowhere = path.join(at.folder, "nowhere");
      await panel().getByLabel("Folder of the run").fill(nowhere);
      await button("Compare").click();
      const alert = at.page.getByRole("alert");
      await expect.poll(() => text(alert), patient).toContain(nowhere);
      expect(await alert.count()).toBe(1);
      await button("Compare").waitFor();
    });

    it("scores a run's checkpoints one by one and gives its advice", async () => {
      await panel().getByLabel("Folder of the run").fill(run());
      await choose("Samples");
      await button("Compare").click();
      await region("Work in progress").waitFor();
      expect(await text(panel())).toMatch(/Comparing tiny-run/);
      expect(await at.page.getByRole("alert").count()).toBe(0);
      // The curves grow before there is advice.
      await at.page.getByRole("figure", { name: "Locality" }).waitFor(patient);
      const headline = advice().getByRole("heading");
      await expect
        .poll(() => text(headline), patient)
        .toMatch(/No degradation to repair|fading|Too little to tell/);
      await at.page
        .locator(".curve-note summary")
        .evaluateAll((all: HTMLElement[]) => all.forEach((one) => one.click()));
      await auditPage(at.page, "a finished comparison, explained");
      await at.page
        .locator(".curve-note summary")
        .evaluateAll((all: HTMLElement[]) => all.forEach((one) => one.click()));
      expect(await text(advice())).toMatch(/5 checkpoints · 8 of 10 images .* · views of 64 px/);
      await at.page.getByRole("figure", { name: "Dense quality" }).waitFor();
    });

    it("has one cursor for all charts, moved by keys as by the pointer", async () => {
      const quality = at.page.getByRole("figure", { name: "Dense quality" });
      const slider = quality.getByRole("slider");
      await slider.press("Home");
      await expect.poll(() => text(quality)).toMatch(/step 0: /);
      await slider.press("ArrowRight");
      await expect.poll(() => text(quality)).toMatch(/step 5: [+−]\d\.\d\d/);
      expect(await slider.getAttribute("aria-valuetext")).toMatch(/^step 5, dense quality/);
      const small = at.page.getByRole("figure", { name: "Locality" });
      await small.scrollIntoViewIfNeeded();
      const box = (await small.getByRole("slider").boundingBox())!;
      await at.page.mouse.move(box.x + box.width - 22, box.y + box.height / 2);
      await expect.poll(() => text(quality)).toMatch(/step 20: /);
      expect(await small.getByTitle("higher is better").count()).toBe(1);
      await small.getByLabel("?: Locality").click();
      expect(await text(small)).toMatch(/Source: Gramscope/);
      await small.getByLabel("?: Locality").click();
      await showsFigure(quality.getByRole("button", { name: /^Save dense quality as/i }));
      await showsFigure(small.getByRole("button", { name: "Save Locality as a figure" }));
    });

    it("lists every model, in any order, and hands the table over", async () => {
      const table = region("Table by model");
      const names = () => table.locator("tbody th").allInnerTexts();
      const steps = ["step 0", "step 5", "step 10", "step 15", "step 20"];
      expect(await names()).toEqual(steps);
      await table.getByRole("button", { name: "Model" }).focus();
      await at.page.keyboard.press("Enter");
      expect(await names()).toEqual(steps.toReversed());
      const byLocality = table.getByRole("columnheader", { name: "Locality" });
      await byLocality.getByRole("button").click();
      expect(await byLocality.getAttribute("aria-sort")).toBe("descending");
      await button("Copy as CSV").click();
      await advice().getByText("Copied").waitFor();
      const csv = await at.page.evaluate(() => navigator.clipboard.readText());
      expect(csv).toMatch(/^name,step,path,quality,quality low,quality high,clsPatchCosine,/);
      expect(csv.trim().split("\n")).toHaveLength(6);
      const report = compareReport.parse(await downloaded("Save report"));
      expect(report.models.map(({ step }) => `step ${step}`)).toEqual(steps);
      expect(report.models[0]!.images).toHaveLength(8);
    });

    it("stays while pages are switched, and costs nothing a second time", async () => {
      await button("Train").click();
      await button("Measure").click();
      await advice().waitFor();
      await button("Compare").click();
      await expect.poll(() => text(advice()), patient).toMatch(/5 of 5 remembered/);
    });

    it("names a Gram teacher where quality falls, and carries it into a recipe", async () => {
      const paths = [model("mild"), model("flat"), bundledModel, model("glaring")];
      await fill(paths, ["12", "128", "0"]);
      await choose("Scenes");
      await button("Compare").click();
      const headline = advice().getByRole("heading");
      await expect.poll(() => text(headline), patient).toMatch(/fading: best at flat/);
      expect(await text(advice())).toMatch(/Take flat as the Gram teacher, because from its peak/);
      await auditPage(at.page, "advice to refine");
      await button("Refine with this teacher…").click();
      const recipe = region("Recipe");
      await recipe.waitFor();
      for (const [title, value] of [
        ["Gram teacher", model("flat")],
        ["Init", model("glaring")],
      ] as const) {
        await at.page.getByRole("searchbox", { name: "Search settings" }).fill(title);
        const input = recipe.getByLabel(title, { exact: true });
        expect(await input.inputValue()).toBe(value);
      }
      expect(await recipe.getByLabel("Preset", { exact: true }).inputValue()).toBe("laptop-refine");
      await button("Measure").click();
    });

    it("is cancelled at once, and a reload says what became of it", async () => {
      await fill([run()], ["1000", "224", "0"]);
      await button("Compare").click();
      await region("Work in progress").waitFor();
      const asked = performance.now();
      await region("Work in progress").getByRole("button", { name: "Cancel" }).click();
      await expect.poll(() => text(panel()), patient).toMatch(/Cancelled\..*remembered/s);
      // The bar is a second; what fails is the hold-up of a whole model.
      expect(performance.now() - asked).toBeLessThan(5000);

      await button("Compare").click();
      await region("Work in progress").waitFor();
      await at.page.reload();
      await expect
        .poll(() => text(panel()), patient)
        .toMatch(/Comparing tiny-run was cancelled when this page was reloaded/);
      // What was filled in is there again.
      expect(await panel().getByLabel("Folder of the run").inputValue()).toBe(run());
      expect(await whole("At most").inputValue()).toBe("1000");
      await whole("At most").fill("8");
      await whole("Size").fill("64");
      await choose("Samples");
      await button("Compare").click();
      await expect.poll(() => text(advice()), patient).toMatch(/5 of 5 remembered/);
    });
  });

  describe("probing", () => {
    const measured = () => region("Measured");

    const measure = async (path: string) => {
      await panel().getByLabel("Model", { exact: true }).fill(path);
      await button("Measure").last().click();
    };

    it("says of a model that is not there where it looked", async () => {
      await tab("Probes").click();
      await choose("k-NN");
      await whole("Train on").fill("9");
      await whole("Test on").fill("4");
      await whole("Size").fill("64");
      const nowhere = path.join(at.folder, "no model");
      await measure(nowhere);
      const alert = at.page.getByRole("alert");
      await expect.poll(() => text(alert), patient).toContain(nowhere);
      expect(await alert.count()).toBe(1);
    });

    it("draws the numbers of a model with their intervals", async () => {
      await measure(bundledModel);
      await expect
        .poll(() => text(measured()), patient)
        .toMatch(/k-NN classification of untrained-vit/);
      expect(await text(measured())).toMatch(/9 to train on, 4 to test.* · preset paper · seed 0/);
      const number = region("Numbers").getByRole("figure").first();
      expect(await text(number)).toMatch(/top-1.*%\s*↑ better/s);
      // Dot, whisker and figures say the same.
      const [, value, low, high] = /([\d.]+) ([\d.]+) to ([\d.]+)/.exec(await text(number))!;
      expect(Number(low)).toBeLessThanOrEqual(Number(value));
      expect(Number(high)).toBeGreaterThanOrEqual(Number(value));
      const place = async (part: string) => (await number.locator(part).boundingBox())!;
      const [dot, whisker] = [await place(".point"), await place(".whisker")];
      const middle = dot.x + dot.width / 2;
      expect(middle).toBeGreaterThanOrEqual(whisker.x - 1);
      expect(middle).toBeLessThanOrEqual(whisker.x + whisker.width + 1);
      expect(await region("By class").locator(".class-row").count()).toBeGreaterThan(1);
    });

    it("enlarges a case; arrows go on, Escape closes and gives the focus back", async () => {
      const cases = region("Cases").getByRole("button");
      const count = await cases.count();
      expect(count).toBeGreaterThan(2);
      await cases.first().click();
      const dialog = at.page.getByRole("dialog");
      expect(await text(dialog)).toMatch(new RegExp(`1 of ${count}`));
      await auditPage(at.page, "a case, enlarged");
      const first = await dialog.getByRole("img").getAttribute("src");
      await at.page.keyboard.press("ArrowRight");
      await expect.poll(() => text(dialog)).toMatch(new RegExp(`2 of ${count}`));
      expect(await dialog.getByRole("img").getAttribute("src")).not.toBe(first);
      await at.page.keyboard.press("ArrowLeft");
      await at.page.keyboard.press("ArrowLeft");
      await expect.poll(() => text(dialog)).toMatch(new RegExp(`${count} of ${count}`));
      await at.page.keyboard.press("Escape");
      await expect.poll(() => dialog.count()).toBe(0);
      expect(await cases.first().evaluate((one) => one === document.activeElement)).toBe(true);
    });

    it("sets a second model beside the first, and saves its report", async () => {
      await measure(model("flat"));
      await expect.poll(() => text(measured()), patient).toMatch(/of flat/);
      const rows = region("Numbers").getByRole("figure").first().locator("tbody th");
      expect(await rows.allInnerTexts()).toEqual(["untrained-vit", "flat"]);
      await showsFigure(
        region("Numbers")
          .getByRole("button", { name: /^Save / })
          .first(),
      );
      await measured().getByRole("button", { name: "untrained-vit", exact: true }).click();
      await expect.poll(() => text(measured())).toMatch(/classification of untrained-vit/);
      const report = probeReport.parse(await downloaded("Save report"));
      expect(report).toMatchObject({ probe: "knn", seed: 0 });
      const settings = region("Report").locator("details");
      await settings.locator("summary").click();
      expect(await text(settings)).toMatch(/side\s+64/);
      await auditPage(at.page, "two models measured, with cases and settings");
      // Measured otherwise, it does not stand beside them.
      await whole("Seed").fill("1");
      await measure(bundledModel);
      await expect.poll(() => text(measured()), patient).toMatch(/Measured otherwise/);
      expect(await rows.allInnerTexts()).toEqual(["untrained-vit"]);
    });
  });

  describe("the built-in world", () => {
    const gallery = () => region("Gallery");
    const chosen = () => gallery().getByRole("option", { selected: true });
    const readout = () => at.page.locator(".scene-readout");

    it("is walked through by keys, and turns its pages", async () => {
      await tab("Scenes").click();
      await at.page.getByRole("img", { name: "Scene 0" }).waitFor(patient);
      await expect.poll(() => gallery().locator("img").count(), patient).toBeGreaterThan(3);
      const columns = await gallery()
        .getByRole("listbox")
        .evaluate((list) => getComputedStyle(list).gridTemplateColumns.split(" ").length);
      await chosen().focus();
      await at.page.keyboard.press("ArrowRight");
      await expect.poll(() => text(chosen())).toBe("1");
      await at.page.keyboard.press("ArrowDown");
      await expect.poll(() => text(chosen())).toBe(String(1 + columns));
      // The focus follows with the next frame.
      const hasFocus = () => chosen().evaluate((one) => one === document.activeElement);
      await expect.poll(hasFocus).toBe(true);
      const onPage = await gallery().getByRole("option").count();
      await at.page.keyboard.press("PageDown");
      await expect.poll(() => text(chosen())).toBe(String(1 + columns + onPage));
      await expect.poll(() => text(gallery())).toMatch(new RegExp(`Scenes ${onPage} to`));
      await expect.poll(() => at.page.url()).toMatch(new RegExp(`scene=0/${1 + columns + onPage}`));
      await button("To those held out").click();
      await expect.poll(() => text(panel())).toMatch(/Held out/);
      await whole("Index").fill("3");
      await at.page.getByRole("img", { name: "Scene 3" }).waitFor(patient);
      expect(await text(panel())).toMatch(/May be trained on/);
    });

    it("lays its truth over the picture and reads it under the pointer", async () => {
      const picture = at.page.getByRole("application", { name: /^Scene 3/ });
      const look = async () => (await picture.screenshot()).toString("base64");
      const seen = new Set([await look()]);
      for (const layer of ["Classes", "Instances", "Depth"]) {
        await choose(layer);
        await expect.poll(async () => seen.has(await look())).toBe(false);
        seen.add(await look());
      }
      await at.page.getByRole("img", { name: /^Depth from/ }).waitFor();
      const box = (await picture.boundingBox())!;
      await at.page.mouse.move(box.x + box.width / 2, box.y + box.height - 6);
      await expect.poll(() => text(readout())).toMatch(/^\d+, \d+ · \w+ · .* · \d+\.\d\d m$/);
      await at.page.mouse.move(5, 5);
      await picture.press("ArrowLeft");
      await expect.poll(() => text(readout())).toMatch(/^192, 192 · /);
      await picture.press("ArrowLeft");
      await expect.poll(() => text(readout())).toMatch(/^188, 192 · /);
      const key = region("Classes");
      expect(await key.getByRole("listitem").count()).toBe(16);
      await choose("Picture");
    });

    it("shows pairs with the points that correspond, and plays sequences", async () => {
      await choose("Two views");
      const pair = at.page.getByRole("img", { name: /^Two pictures with \d+ points/ });
      await pair.waitFor(patient);
      const points = Number(/with (\d+)/.exec((await pair.getAttribute("aria-label"))!)![1]);
      expect(points).toBeGreaterThan(0);
      expect(await at.page.locator(".match").count()).toBe(points);
      await at.page.getByRole("slider", { name: "Follow point" }).press("ArrowRight");
      await expect.poll(() => text(readout())).toMatch(/[\d.]+, [\d.]+ → [\d.]+, [\d.]+ px/);
      await choose("Two instances");
      await at.page.getByText(/Two instances, pair 3/).waitFor();
      await expect.poll(() => pair.count(), patient).toBe(1);
      await choose("Sequence");
      await expect.poll(() => text(readout()), patient).toMatch(/frame 1 of 12/);
      await button("Play").click();
      await expect.poll(() => text(readout())).toMatch(/frame ([2-9]|1[0-2]) of 12/);
      await button("Pause").click();
      await choose("Scene");
    });

    it("opens a scene among the photographs, with every map of the page", async () => {
      await at.page.getByRole("img", { name: "Scene 3" }).waitFor(patient);
      await button("Open in Look").click();
      await at.page.getByRole("img", { name: /Arrow keys walk/ }).waitFor(patient);
      await expect.poll(() => text(at.page.locator(".subject")), patient).toMatch(/scene 0\/3/);
      // Its truth came with it: patches in space have classes.
      await at.page.keyboard.press("x");
      const space = at.page.getByRole("region", { name: "Space" });
      await space.getByLabel("Colour of the points").selectOption("class");
      await expect.poll(() => text(space), patient).toMatch(/sky|grass|tiles|sand/);
      await at.page.keyboard.press("x");
      await button("Measure").click();
    });
  });

  it.each([
    [1440, 900, "dark"],
    [1440, 900, "light"],
    [1024, 700, "dark"],
    [1024, 700, "light"],
  ] as const)("fits %i x %i in the %s, with nothing cut off", async (width, height, scheme) => {
    await at.page.setViewportSize({ width, height });
    await at.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const name of ["Compare", "Probes", "Scenes"]) {
      await tab(name).click();
      await at.page.waitForTimeout(600);
      await at.page.screenshot({
        path: `test-results/measure-${name.toLowerCase()}-${width}-${scheme}.png`,
      });
      const cut = await at.page.evaluate(() => {
        const { documentElement: whole } = document;
        const isCut = (element: Element) => element.scrollWidth > element.clientWidth + 1;
        const named = (element: Element) =>
          `${element.tagName} ${element.textContent.slice(0, 40)}`;
        return {
          across: whole.scrollWidth - innerWidth,
          down: whole.scrollHeight - innerHeight,
          // What is offered as a button may be long; its tooltip has the whole path.
          cut: [...document.querySelectorAll("aside, main, .app button, .app h2, .app h3, label")]
            .filter((element) => !element.closest(".offers") && isCut(element))
            .map(named),
        };
      });
      expect({ name, ...cut }).toEqual({ name, across: 0, down: 0, cut: [] });
    }
  });

  it("has complained of nothing in all this", () => {
    expect(at.complaints).toEqual([]);
  });

  /** The dialog that a chart is saved by draws it. */
  async function showsFigure(save: Locator): Promise<void> {
    await save.click();
    const dialog = at.page.getByRole("dialog", { name: "Save a figure" });
    await dialog.getByRole("img", { name: "The figure as it will be saved" }).waitFor();
    await at.page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
  }

  async function downloaded(name: string): Promise<unknown> {
    const [download] = await Promise.all([at.page.waitForEvent("download"), button(name).click()]);
    return JSON.parse(await readFile(await download.path(), "utf8"));
  }
});

/** A JSON file with other values in it. */
async function edit(file: string, change: object): Promise<void> {
  const before = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...before, ...change }));
}
