/** The page as a person uses it: a real Chromium on the real engine with the model in the box. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledModel } from "../support/running-engine.ts";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";

describe.skipIf(browserSkip !== undefined)("the page", () => {
  let engine: EngineProcess;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-page-"));
    [engine, browser] = await Promise.all([startEngine(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const pane = (page: Page) => page.getByRole("region", { name: "Photograph", exact: true });
  const photo = (page: Page) => pane(page).getByRole("img", { name: /Arrow keys walk/ });
  const readout = (page: Page) => pane(page).locator(".readout");

  /** Move the pointer to a place of the photograph, 0..1 across and down. */
  async function hover(page: Page, x: number, y: number): Promise<void> {
    const box = (await photo(page).boundingBox())!;
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  }

  /** What the photograph and its overlay look like now, as bytes. */
  const look = async (target: Locator) => (await target.screenshot()).toString("base64");

  async function probe(page: Page, name: string): Promise<void> {
    await page.getByRole("region", { name: "Probe" }).getByText(name, { exact: true }).click();
  }

  it("shows a first map without a click, and says what it is of", async () => {
    const { page, complaints } = await openPage(browser, engine.url);
    await expect.poll(() => page.title()).toMatch(/Gramscope/);
    const model = page.getByRole("region", { name: "Model" });
    await expect.poll(() => model.innerText()).toMatch(/Scene ViT[^]*Refined with Gram anchoring/);
    expect(await model.innerText()).toMatch(/Runs on cpu/);
    await expect.poll(() => pane(page).innerText()).toMatch(/cosine · block 6/);
    expect(await page.locator(".top .untrained").count()).toBe(0);
    // Of random weights that are asked for it says so, beside the model and at the top.
    await page.getByLabel("Open another model").fill(bundledModel);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(() => model.innerText()).toMatch(/untrained: random weights/);
    expect(await page.locator(".top .untrained").innerText()).toMatch(/untrained/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says of every executor that is not in use why, and what would help", async () => {
    const { page } = await openPage(browser, engine.url);
    const model = page.getByRole("region", { name: "Model" });
    await model.getByText(/not in use/).click();
    const text = await model.innerText();
    for (const name of ["webgpu", "cuda", "tfjs-gpu"]) expect(text).toContain(name);
    expect(text).toMatch(/npm rebuild onnxruntime-node/);
    await page.close();
  });

  it("paints the cosine map of the patch under the pointer and reads out its value", async () => {
    const { page } = await openPage(browser, engine.url);
    await hover(page, 0.2, 0.2);
    await expect.poll(() => readout(page).innerText()).toMatch(/cos 1\.000\s+rank 1 \/ 196/);
    const first = await look(photo(page));
    await hover(page, 0.8, 0.8);
    await expect.poll(() => readout(page).innerText()).toMatch(/patch 11, 11/);
    expect(await look(photo(page))).not.toBe(first);
    await page.close();
  });

  it("pins on a click, walks the grid by arrow keys and lets go on Escape", async () => {
    const { page } = await openPage(browser, engine.url);
    const box = (await photo(page).boundingBox())!;
    await photo(page).click({ position: { x: box.width * 0.5, y: box.height * 0.5 } });
    await expect.poll(() => readout(page).innerText()).toMatch(/patch 7, 7.*pinned/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => readout(page).innerText()).toMatch(/patch 6, 8/);
    await page.keyboard.press("Shift+ArrowLeft");
    await expect.poll(() => readout(page).innerText()).toMatch(/patch 6, 0/);
    await page.keyboard.press("Escape");
    await expect.poll(() => readout(page).innerText()).not.toMatch(/pinned/);
    await page.close();
  });

  it("switches through every probe, each with its recipe, and complains of none", async () => {
    const { page, complaints } = await openPage(browser, engine.url);
    const seen = new Set<string>();
    const words: Record<string, RegExp> = {
      PCA: /PC|component/i,
      Gram: /Gram matrix/,
      Norm: /L2 norm/,
      CLS: /CLS/,
      "k-means": /k-means/,
      Attention: /softmax/i,
      Foreground: /principal component/,
    };
    for (const [name, expected] of Object.entries(words)) {
      await probe(page, name);
      await expect
        .poll(() => page.locator("aside.right").innerText(), { timeout: 15_000 })
        .toMatch(expected);
      seen.add(await look(page.locator(".middle")));
    }
    expect(seen.size, "every probe looks different").toBe(Object.keys(words).length);
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("flips the signs and order of a PCA at a keystroke, without asking the engine", async () => {
    const { page } = await openPage(browser, engine.url);
    await probe(page, "PCA");
    await expect.poll(() => page.locator("aside.right").innerText()).toMatch(/component 1/);
    await page.mouse.move(5, 5);
    const looks = [await look(photo(page))];
    for (const key of ["s", "o"]) {
      await page.keyboard.press(key);
      await expect.poll(async () => looks.includes(await look(photo(page)))).toBe(false);
      looks.push(await look(photo(page)));
    }
    await page.close();
  });

  it("lights the patch of the Gram row under the pointer", async () => {
    const { page } = await openPage(browser, engine.url);
    await probe(page, "Gram");
    const matrix = page.getByLabel("Cosine of every pair of patches");
    await matrix.waitFor();
    const box = (await matrix.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.25);
    await expect.poll(() => page.locator(".middle").innerText()).toMatch(/cos/);
    await page.close();
  });

  it("opens a photograph of the user's, at another layer and resolution", async () => {
    const file = path.join(folder, "mine.png");
    await sharp({ create: { width: 320, height: 200, channels: 3, background: "teal" } })
      .png()
      .toFile(file);
    const { page, complaints } = await openPage(browser, engine.url);
    await page.locator('input[type="file"]').setInputFiles(file);
    await expect.poll(() => pane(page).innerText()).toMatch(/mine\.png/);
    await page.getByLabel("Resolution").selectOption("native");
    await expect.poll(() => pane(page).innerText(), { timeout: 15_000 }).toMatch(/320×192/);
    await page.keyboard.press("[");
    await expect.poll(() => pane(page).innerText()).toMatch(/block 5/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("takes dropped files, and says of one that is no image what is wrong", async () => {
    const { page } = await openPage(browser, engine.url);
    const drop = (name: string, bytes: number[], type: string) =>
      page.evaluate(
        ({ name, bytes, type }) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
          window.dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
          );
        },
        { name, bytes, type },
      );
    await drop("notes.txt", [...Buffer.from("this is no image")], "text/plain");
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/notes\.txt/);
    await page.getByRole("button", { name: "Dismiss" }).click();
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    await drop("dropped.png", [...png], "image/png");
    await expect.poll(() => pane(page).innerText()).toMatch(/dropped\.png/);
    await page.close();
  });

  it("takes a pasted picture", async () => {
    const { page } = await openPage(browser, engine.url);
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: "blue" } })
      .png()
      .toBuffer();
    await page.evaluate(
      (bytes) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([Uint8Array.from(bytes)], "", { type: "image/png" }));
        window.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
      },
      [...png],
    );
    await expect.poll(() => pane(page).innerText()).toMatch(/pasted/);
    await page.close();
  });

  it("shows long work going forward, and cancels it when asked", async () => {
    const { page } = await openPage(browser, engine.url);
    // 16,384 patches are long work on any machine.
    await page.goto(`${engine.url}&size=2048x2048`);
    const work = page.getByRole("status").filter({ has: page.getByRole("progressbar") });
    await work.waitFor();
    const fraction = () =>
      work.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value);
    const first = await fraction();
    await expect.poll(fraction, { timeout: 20_000 }).toBeGreaterThan(first);
    await work.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Compute the map" }).waitFor();
    expect(await work.count()).toBe(0);
    // The engine is free again: a smaller size is answered.
    await page.getByLabel("Resolution").selectOption("224");
    await expect.poll(() => pane(page).innerText(), { timeout: 30_000 }).toMatch(/×224/);
    await page.close();
  });

  it("says why a model cannot be opened, and goes on with the one it has", async () => {
    const broken = path.join(folder, "broken.safetensors");
    await writeFile(broken, Buffer.alloc(64, 255));
    const { page } = await openPage(browser, engine.url);
    for (const [wrong, words] of [
      ["/no/such/model", /\/no\/such\/model/],
      [broken, /broken\.safetensors: expected a safetensors file/],
    ] as const) {
      await page.getByLabel("Open another model").fill(wrong);
      await page.getByRole("button", { name: "Open", exact: true }).click();
      await expect.poll(() => page.getByRole("alert").last().innerText()).toMatch(words);
    }
    await hover(page, 0.4, 0.4);
    await expect.poll(() => readout(page).innerText()).toMatch(/cos/);
    await page.close();
  });

  it("draws the same maps on a 2D canvas, and says so", async () => {
    const { page, complaints } = await openPage(browser, engine.url, "&renderer=canvas2d");
    await hover(page, 0.3, 0.3);
    await expect.poll(() => page.locator(".status").innerText()).toMatch(/2D canvas/);
    await expect.poll(() => readout(page).innerText()).toMatch(/cos 1\.000/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("refuses a wrong token with what to do about it", async () => {
    const page = await browser.newPage();
    await page.goto(engine.url.replace(/token=.*/, "token=wrong"));
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/token/);
    await page.close();
  });

  it("ignores broken parts of its address, and says so", async () => {
    const { page } = await openPage(browser, engine.url, "&probe=nonsense&opacity=7");
    await expect.poll(() => page.locator(".notices").innerText()).toMatch(/ignored/);
    await page.close();
  });

  it("keeps the picture when the engine goes, and carries on when it is back", async () => {
    const port = String(engine.port + 1 > 65_535 ? 40_000 : engine.port + 1);
    const options = ["--port", port, "--token", "same"];
    const first = await startEngine(options);
    const { page } = await openPage(browser, first.url);
    await hover(page, 0.5, 0.5);
    const photographBox = () => page.locator(".photo").boundingBox();
    const before = await photographBox();
    await first.stop("SIGKILL");
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/No engine/);
    expect(await photographBox()).toEqual(before);
    // The features are here: hovering needs no engine.
    await hover(page, 0.25, 0.25);
    await expect.poll(() => readout(page).innerText()).toMatch(/patch 3, 3/);
    await page.getByText("What to do").click();
    expect(await page.getByRole("alert").innerText()).toMatch(
      /connection to the engine is lost\. If the engine has stopped, start it again/,
    );
    const second = await startEngine(options);
    // The page may be quicker: it tries again by itself.
    await page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 2000 })
      .catch(() => {});
    await expect.poll(() => page.getByRole("alert").count(), { timeout: 20_000 }).toBe(0);
    await probe(page, "Norm");
    await expect
      .poll(() => page.locator("aside.right").innerText(), { timeout: 20_000 })
      .toMatch(/L2 norm/);
    expect(await photographBox()).toEqual(before);
    await page.close();
    await second.stop();
  });

  it("says that the engine is gone over the status bar alone, at 200 % text as well", async () => {
    const own = await startEngine();
    const { page } = await openPage(browser, own.url, "", {
      viewport: { width: 1024, height: 700 },
    });
    await page.keyboard.press("Control+,");
    const settings = page.getByRole("dialog", { name: "Settings" });
    await settings.getByLabel("Text size").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Escape");
    await expect.poll(() => settings.count()).toBe(0);
    await own.stop("SIGKILL");
    const top = async (selector: string) => (await page.locator(selector).boundingBox())!.y;
    await page.locator(".lost").waitFor();
    expect(await page.locator(".status").evaluate((one) => getComputedStyle(one).fontSize)).toBe(
      "24px",
    );
    expect(await top(".lost")).toBeGreaterThanOrEqual(await top(".status"));
    // What no longer works is all that lies under it.
    expect(await page.locator(".status :is(button, a, input, select)").count()).toBe(0);
    await page.keyboard.press("Control+,");
    await settings.getByLabel("Text size").focus();
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Escape");
    await expect
      .poll(() => page.locator(".status").evaluate((one) => getComputedStyle(one).fontSize))
      .toBe("12px");
    expect(await top(".lost")).toBeGreaterThanOrEqual(await top(".status"));
    await page.close();
  });

  it.each([
    [1440, 900, "dark"],
    [1440, 900, "light"],
    [1024, 700, "dark"],
    [1024, 700, "light"],
  ] as const)(
    "fits %i x %i in the %s, with nothing cut off",
    async (width, height, colorScheme) => {
      const { page } = await openPage(browser, engine.url, "", {
        viewport: { width, height },
        colorScheme,
      });
      const overflow = await page.evaluate(() => ({
        across: document.documentElement.scrollWidth - innerWidth,
        down: document.documentElement.scrollHeight - innerHeight,
      }));
      expect(overflow).toEqual({ across: 0, down: 0 });
      await hover(page, 0.4, 0.5);
      await page.screenshot({ path: `test-results/look-${width}-${colorScheme}.png` });
      await page.close();
    },
  );
});
