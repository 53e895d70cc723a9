/**
 * A run on the timeline as a person scrubs through it, in a real Chromium: a thousand checkpoints by
 * hard links to a few small files.
 *
 * The figures are reported beside their bars. What fails the test is a median of four times the bar:
 * a busy machine stretches the slowest moves without end, but half of all moves only if the path
 * itself became slower.
 */
import { linkSync, mkdirSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ReportCache } from "../../engine/compare/report-cache.ts";
import { dinov3Preprocessor } from "../../engine/image/preprocessor.ts";
import { paramShapes } from "../../engine/model/params.ts";
import { variantConfig } from "../../engine/model/config.ts";
import { elementCount } from "../../engine/protocol/tensor.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { writeModelDirectory } from "../../engine/weights/write-model.ts";
import { auditPage } from "../support/audit.ts";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";
import { fadingComparison } from "../support/fading-comparison.ts";

const count = 1000;
const modelFiles = ["config.json", "model.safetensors", "preprocessor_config.json"];

describe.skipIf(browserSkip !== undefined)("the timeline", () => {
  let engine: EngineProcess;
  let browser: Browser;
  let folder: string;
  let run: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-timeline-"));
    run = path.join(folder, "long-run");
    const cache = path.join(folder, "cache");
    await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
    const models = [1, 2, 3].map((seed) => path.join(folder, `model-${seed}`));
    for (const [i, model] of models.entries()) await writeTiny(model, i + 1, 32);
    for (let step = 1; step <= count; step++) addCheckpoint(run, step, models[step % 3]!);
    const line = (step: number) => JSON.stringify({ step, loss: 5 + 3 * Math.exp(-step / 200) });
    const lines = Array.from({ length: count }, (_, i) => line(i + 1));
    await writeFile(path.join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
    await new ReportCache(path.join(cache, "reports")).write(
      run,
      fadingComparison(run, [100, 200, 400, 700, 1000], 400),
    );
    [engine, browser] = await Promise.all([
      startEngine([], { GRAMSCOPE_CACHE: cache }),
      launchBrowser(),
    ]);
    // Its threads start with the first page; on a busy machine that takes longer than a page waits.
    const first = await browser.newPage();
    await first.goto(engine.url);
    const features = first.locator(".status").getByText(/^features /);
    await features.waitFor({ timeout: 100_000 });
    await first.close();
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const dock = (page: Page) => page.getByRole("region", { name: "Timeline" });
  const slider = (page: Page) => page.getByRole("slider", { name: "Checkpoint" });
  const pane = (page: Page) => page.getByRole("region", { name: "Photograph", exact: true });
  /** By its tick, which is filled. */
  const isReady = async (page: Page, step: number) => {
    const filled = await dock(page).locator(".tick.ready").getAttribute("d");
    return filled!.includes(`M${((1000 * (step - 1)) / (count - 1)).toFixed(2)} `);
  };
  const place = (page: Page) => slider(page).getAttribute("aria-valuetext");

  /** The pane says what is drawn, which is not what is wanted until it is ready. */
  const drawn = (page: Page, step: number) =>
    expect
      .poll(() => pane(page).locator(".step").innerText(), { timeout: 20_000 })
      .toBe(`step ${step.toLocaleString("en-US")}`);

  async function openRun(page: Page, place: string): Promise<void> {
    await page.getByLabel("Scrub through its checkpoints").fill(place);
    await page.getByRole("button", { name: "Open run" }).click();
  }

  it("lists a thousand checkpoints, steps by keys, scrubs what is kept, and asks for no more", async () => {
    const { page, complaints } = await openPage(browser, engine.url, "&measure");
    const started = performance.now();
    await openRun(page, run);
    await expect.poll(() => place(page)).toBe("step 1,000, 1,000 of 1,000");
    console.log(
      `a run of ${count} checkpoints: listed after ${Math.round(performance.now() - started)} ms (bar 1000)`,
    );
    await drawn(page, 1000);
    await slider(page).focus();
    for (const [key, step] of [
      ["ArrowLeft", 999],
      ["Shift+ArrowLeft", 989],
      ["Home", 1],
      ["ArrowRight", 2],
      ["End", 1000],
    ] as const) {
      await page.keyboard.press(key);
      expect(await place(page)).toMatch(`step ${step.toLocaleString("en-US")},`);
    }
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.getByLabel("Layer").first().inputValue()).toBe("1");
    await page.keyboard.press("ArrowUp");

    // A key that is held, faster than a person sees: of what is passed over nothing is asked.
    const requests = await countRequests(page);
    await holdKey(page, "ArrowLeft", 300);
    const at = 700;
    expect(await place(page)).toMatch(/^step 700,/);
    await drawn(page, at);
    for (const step of [at + 1, at + 2]) {
      await expect.poll(() => isReady(page, step), { timeout: 20_000 }).toBe(true);
    }
    // Two for each of it and its six neighbours, but for what the machine made the key rest on.
    expect(await requests()).toBeLessThan(40);

    // Its neighbours came by themselves: one or two steps on, everything is there already.
    const scrub = async (panes: string) => {
      await page.evaluate(() => (window.gramscopeScrubs = []));
      for (const by of Array.from({ length: 10 }, () => [1, 2, 1, 0]).flat()) {
        const from = Number(/\d+/.exec((await place(page))!)![0]);
        await page.keyboard.press(at + by > from ? "ArrowRight" : "ArrowLeft");
        await drawn(page, at + by);
      }
      const scrubs = await page.evaluate(() => window.gramscopeScrubs ?? []);
      const kept = scrubs.filter(({ wasKept }) => wasKept);
      const times = kept.map((one) => one.paintedAt - one.startedAt).sort((a, b) => a - b);
      const part = (p: number) => times[Math.floor(p * (times.length - 1))]!;
      console.log(
        `scrub to a kept checkpoint, ${panes}: median ${part(0.5).toFixed(1)} ms, ` +
          `95 % ${part(0.95).toFixed(1)} ms (bar 50), ${times.length} of 40 steps`,
      );
      expect(times.length).toBeGreaterThan(30);
      expect(part(0.5)).toBeLessThan(200);
    };
    await scrub("one pane");

    // Three more, of three photographs, all linked with the first.
    for (const name of ["Cup of coffee", "Rocket launch", "Eileen Collins"]) {
      await page.getByRole("button", { name }).click({ modifiers: ["Shift"] });
    }
    await expect.poll(() => page.locator(".pane-grid .pane").count()).toBe(4);
    for (const step of [at, at + 1, at + 2]) {
      await expect.poll(() => isReady(page, step), { timeout: 40_000 }).toBe(true);
    }
    await slider(page).focus();
    await scrub("four linked panes");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("curves, the recommended teacher and the layers; a reload comes back to the same place", async () => {
    const { page, complaints } = await openPage(browser, engine.url);
    await openRun(page, run);
    await drawn(page, 1000);
    await expect.poll(() => dock(page).innerText()).toMatch(/fading: best at step 400/);
    await dock(page).getByRole("button", { name: "Go to 400" }).click();
    await drawn(page, 400);
    const curves = dock(page).getByLabel("Curve");
    expect(await curves.first().inputValue()).toBe("quality");
    await curves.nth(1).selectOption("log loss");
    // 5 + 3 exp(-2)
    await expect.poll(() => dock(page).innerText()).toMatch(/5\.406 nats/);
    await auditPage(page, "a run with its comparison");
    await dock(page).getByLabel("Layer").fill("1");
    await expect.poll(() => pane(page).innerText()).toMatch(/block 1 /);
    await page.getByRole("region", { name: "Probe" }).getByText("PCA", { exact: true }).click();
    await expect
      .poll(() => page.locator("aside.right").innerText())
      .toMatch(/held over the run: step 1,000/);
    const address = () => Object.fromEntries(new URL(page.url()).searchParams);
    await expect
      .poll(address)
      .toMatchObject({ layer: "1", run, step: "400", hold: "1000", probe: "pca" });
    await page.reload();
    await drawn(page, 400);
    expect(await pane(page).innerText()).toMatch(/PCA · block 1 /);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a run that goes away, a strange checkpoint, no run: said in place, and the picture stays", async () => {
    const { page } = await openPage(browser, engine.url);
    await openRun(page, folder);
    const alert = dock(page).getByRole("alert");
    await expect.poll(() => alert.innerText()).toMatch(/expected the folder of a run.*it holds/);
    await page.getByRole("button", { name: "Close", exact: true }).click();

    const small = path.join(folder, "small-run");
    await createRun(small, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
    addCheckpoint(small, 5, path.join(folder, "model-1"));
    await openRun(page, small);
    await drawn(page, 5);
    expect(await dock(page).getByRole("button", { name: "Play" }).isDisabled()).toBe(true);

    await writeTiny(path.join(folder, "wide"), 1, 64);
    addCheckpoint(small, 9, path.join(folder, "wide"));
    await expect.poll(() => place(page), { timeout: 10_000 }).toBe("step 5, 1 of 2");
    await slider(page).focus();
    await page.keyboard.press("End");
    await expect
      .poll(() => pane(page).locator(".wait").innerText())
      .toMatch(/step 9[^]*expected width 32 as the run's others have, received 64/);
    expect(await pane(page).locator(".step").innerText()).toBe("step 5");

    await rename(small, `${small}-gone`);
    await expect
      .poll(() => alert.innerText(), { timeout: 10_000 })
      .toMatch(/What is on screen stays/);
    await page.keyboard.press("Home");
    expect(await pane(page).locator(".step").innerText()).toBe("step 5");
    await page.close();
  });
});

/** Many key events, one after the other, as a keyboard repeats them. */
async function holdKey(page: Page, key: string, times: number): Promise<void> {
  await page.evaluate(
    async ([key, times]) => {
      for (let i = 0; i < times; i++) {
        const options = { key, bubbles: true, cancelable: true };
        document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", options));
        if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve));
      }
    },
    [key, times] as const,
  );
}

/** How many messages the page sends from now on. */
async function countRequests(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { sent: number };
    counted.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (this: WebSocket, data) {
      counted.sent++;
      send.call(this, data);
    };
  });
  return () => page.evaluate(() => (window as unknown as { sent: number }).sent);
}

/** Two blocks; the numbers are random by the seed. */
async function writeTiny(folder: string, seed: number, width: number): Promise<void> {
  const config = {
    ...variantConfig("dinov3_vits16"),
    width,
    depth: 2,
    heads: 2,
    hidden: 2 * width,
  };
  const params = Object.entries(paramShapes(config)).map(
    ([name, shape], i) => [name, () => noise(elementCount(shape), seed * 1000 + i)] as const,
  );
  await writeModelDirectory(folder, {
    config,
    preprocessor: dinov3Preprocessor,
    params: Object.fromEntries(params),
    name: "tiny",
    trained: false,
  });
}

function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 * (seed + 1)) * 0.2);
}

/** At once: six thousand waits are long on a busy machine. */
function addCheckpoint(run: string, step: number, model: string): void {
  const place = path.join(run, "checkpoints", checkpointName(step));
  mkdirSync(path.join(place, "teacher"), { recursive: true });
  // Any file will do: it says that this is a checkpoint.
  linkSync(path.join(model, "config.json"), path.join(place, "state.json"));
  for (const file of modelFiles) {
    linkSync(path.join(model, file), path.join(place, "teacher", file));
  }
}
