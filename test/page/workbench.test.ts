/** The workbench around the map: zoom, sets of patches, ranges, undo, links and arrangement. */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";

/** Mean difference of two elements as they look, in steps of 1/255. */
async function difference(a: Locator, b: Locator): Promise<number> {
  const [one, two] = await Promise.all(
    [a, b].map(async (element) =>
      sharp(await element.screenshot())
        .resize(200, 150, { fit: "fill" })
        .raw()
        .toBuffer(),
    ),
  );
  return one!.reduce((sum, value, i) => sum + Math.abs(value - two![i]!), 0) / one!.length;
}

describe.skipIf(browserSkip !== undefined)("the workbench", () => {
  let engine: EngineProcess;
  let browser: Browser;

  beforeAll(async () => {
    [engine, browser] = await Promise.all([startEngine(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
  });

  /** A small machine with two photographs on the stage is slow, not stuck. */
  const pane = (page: Page, name = "Photograph") => page.getByRole("region", { name, exact: true });
  const photo = (page: Page, name = "Photograph") =>
    pane(page, name).getByRole("img", { name: /Arrow keys walk/ });
  const readout = (page: Page, name = "Photograph") => pane(page, name).locator(".readout");
  const percent = async (page: Page, name = "Photograph") =>
    Number.parseInt(await pane(page, name).locator(".zoom output").innerText(), 10);
  const view = (page: Page) => new URL(page.url()).searchParams;

  /** The middle of the pane in which the photograph is. */
  async function middle(page: Page): Promise<{ x: number; y: number }> {
    const box = (await pane(page).locator(".view").boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  async function at(page: Page, x: number, y: number): Promise<[number, number]> {
    const box = (await photo(page).boundingBox())!;
    return [box.x + x * box.width, box.y + y * box.height];
  }

  describe("zoom", () => {
    it("keeps the patch under the pointer, by wheel and by keys, and fits again", async () => {
      const { page, complaints } = await openPage(browser, engine.url);
      const before = await percent(page);
      await page.mouse.move(...(await at(page, 0.3, 0.35)));
      await expect.poll(() => readout(page).innerText()).toMatch(/patch 4, 4/);
      for (let i = 0; i < 10; i++) await page.mouse.wheel(0, -120);
      await expect.poll(() => percent(page)).toBeGreaterThan(4 * before);
      expect(await readout(page).innerText()).toMatch(/patch 4, 4/);
      const zoomed = await percent(page);
      await page.keyboard.press("+");
      expect(await percent(page)).toBeGreaterThan(zoomed);
      await page.keyboard.press("0");
      expect(await percent(page)).toBe(before);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("marks stay on their patch, and a click while zoomed holds what is under it", async () => {
      const { page } = await openPage(browser, engine.url);
      await page.mouse.move(...(await at(page, 0.3, 0.35)));
      for (let i = 0; i < 8; i++) await page.mouse.wheel(0, -120);
      // A slow machine is still zooming when the last turn of the wheel has been sent.
      await page.waitForTimeout(1000);
      const { x, y } = await middle(page);
      await page.mouse.move(x + 60, y - 40);
      await page.mouse.click(x + 60, y - 40);
      await expect.poll(() => readout(page).innerText()).toMatch(/pinned/);
      // Between the click and the last picture of the zoom the box may still be moving.
      const isUnderPointer = async () => {
        const cursor = (await pane(page).locator(".box.cursor").boundingBox())!;
        const [right, down] = [x + 60 - cursor.x, y - 40 - cursor.y];
        return right > 0 && right < cursor.width && down > 0 && down < cursor.height;
      };
      await expect.poll(isUnderPointer).toBe(true);
      await page.close();
    });

    it("a drag moves the photograph with the pointer and holds no patch", async () => {
      const { page } = await openPage(browser, engine.url);
      const { x, y } = await middle(page);
      await page.mouse.move(x, y);
      for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -120);
      const before = (await photo(page).boundingBox())!;
      await page.mouse.down();
      await page.mouse.move(x + 70, y + 45, { steps: 5 });
      await page.mouse.up();
      const after = (await photo(page).boundingBox())!;
      expect(after.x - before.x).toBeCloseTo(70, 0);
      expect(after.y - before.y).toBeCloseTo(45, 0);
      expect(await readout(page).innerText()).not.toMatch(/pinned/);
      await page.mouse.dblclick(x, y);
      await expect.poll(async () => (await photo(page).boundingBox())!.width).toBeLessThan(900);
      expect(await readout(page).innerText()).not.toMatch(/pinned/);
      await page.close();
    });

    it("is linked over both photographs", async () => {
      const { page } = await openPage(browser, engine.url, "&pane=photograph%3DCup%20of%20coffee");
      await photo(page, "Pane: Cup of coffee").waitFor();
      const before = await percent(page, "Pane: Cup of coffee");
      await page.mouse.move(...(await at(page, 0.5, 0.5)));
      for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -120);
      await expect.poll(() => percent(page, "Pane: Cup of coffee")).toBeGreaterThan(1.8 * before);
      await page.close();
    });
  });

  describe("the query", () => {
    it("is a box of patches after Shift and a drag, and patches come and go by Ctrl+click", async () => {
      const { page } = await openPage(browser, engine.url);
      await page.keyboard.down("Shift");
      await page.mouse.move(...(await at(page, 1.5 / 14, 2.5 / 14)));
      await page.mouse.down();
      await page.mouse.move(...(await at(page, 3.5 / 14, 5.5 / 14)), { steps: 6 });
      await page.mouse.up();
      await page.keyboard.up("Shift");
      await expect.poll(() => readout(page).innerText()).toMatch(/12 patches/);
      await page.keyboard.down("Control");
      await page.mouse.click(...(await at(page, 10.5 / 14, 10.5 / 14)));
      await expect.poll(() => readout(page).innerText()).toMatch(/13 patches/);
      await page.mouse.click(...(await at(page, 2.5 / 14, 3.5 / 14)));
      await page.keyboard.up("Control");
      await expect.poll(() => readout(page).innerText()).toMatch(/12 patches/);
      await expect.poll(() => view(page).get("patch")).toBe("2,1-3;3,1;3,3;4-5,1-3;10,10");
      await page.close();
    });

    it("grows by Alt and the arrow keys", async () => {
      const { page } = await openPage(browser, engine.url, "&patch=7,7");
      await expect.poll(() => readout(page).innerText()).toMatch(/patch 7, 7/);
      await photo(page).focus();
      await page.keyboard.press("Alt+ArrowRight");
      await page.keyboard.press("Alt+ArrowDown");
      await page.keyboard.press("Alt+ArrowDown");
      await expect.poll(() => readout(page).innerText()).toMatch(/6 patches/);
      await page.close();
    });

    it("has five best matches marked, apart from it, on both photographs", async () => {
      const { page } = await openPage(
        browser,
        engine.url,
        "&pane=photograph%3DCup%20of%20coffee&patch=3,3",
      );
      for (const name of ["Photograph", "Pane: Cup of coffee"]) {
        await expect.poll(() => pane(page, name).locator(".box.match.ranked").count()).toBe(5);
      }
      await page.getByLabel("Matches").fill("2");
      await expect.poll(() => pane(page).locator(".box.match.ranked").count()).toBe(2);
      await page.close();
    });

    it("may be the CLS token, whose map is the engine's CLS probe", async () => {
      const { page } = await openPage(browser, engine.url, "&asks=cls");
      const cells = page.getByRole("list", { name: "CLS and register tokens" });
      await expect.poll(() => cells.innerText()).toMatch(/CLS\s+1/);
      await page.mouse.move(...(await at(page, 0.5, 0.5)));
      const value = async () => {
        await page.mouse.move(...(await at(page, 0.2, 0.2)));
        await page.mouse.move(...(await at(page, 0.52, 0.52)));
        const match = /(?:cos|cosine) (−?[\d.]+)/.exec(await readout(page).innerText());
        return Number(match?.[1]?.replace("−", "-"));
      };
      await expect.poll(value).not.toBeNaN();
      const here = await value();
      await page.getByRole("region", { name: "Probe" }).getByText("CLS", { exact: true }).click();
      await expect.poll(() => pane(page).innerText()).toMatch(/CLS · block/);
      // The engine's own numbers, from float32 features: float16 costs the last digit.
      await expect.poll(value).toBeCloseTo(here, 2);
      await page.close();
    });
  });

  describe("the colour range", () => {
    it("is dragged at its ends, shared, and given back", async () => {
      const { page } = await openPage(
        browser,
        engine.url,
        "&pane=photograph%3DCup%20of%20coffee&patch=7,7",
      );
      const low = (name: string) =>
        pane(page, name).getByRole("slider", { name: "Low end of the colours" });
      const value = (name: string) => low(name).getAttribute("aria-valuenow").then(Number);
      const first = await value("Photograph");
      const before = (await photo(page, "Pane: Cup of coffee").screenshot()).toString("base64");
      const handle = (await low("Photograph").boundingBox())!;
      await page.mouse.move(handle.x + handle.width / 2, handle.y + 5);
      await page.mouse.down();
      await page.mouse.move(handle.x + 60, handle.y + 5, { steps: 4 });
      await page.mouse.up();
      const dragged = await value("Photograph");
      expect(dragged).toBeGreaterThan(first);
      expect(await value("Pane: Cup of coffee")).toBe(dragged);
      expect((await photo(page, "Pane: Cup of coffee").screenshot()).toString("base64")).not.toBe(
        before,
      );
      await low("Photograph").focus();
      await page.keyboard.press("ArrowRight");
      expect(await value("Photograph")).toBeGreaterThan(dragged);
      await expect.poll(() => view(page).get("range")).toMatch(/^-?[\d.]+\.\.1$/);
      await page.keyboard.press("Home");
      await expect.poll(() => value("Photograph")).toBe(first);
      await page.close();
    });
  });

  describe("undo", () => {
    it("takes settings back one by one and brings them again", async () => {
      const { page } = await openPage(browser, engine.url);
      const undo = page.getByRole("button", { name: "Undo" });
      expect(await undo.isDisabled()).toBe(true);
      await page.getByLabel("Colour map").selectOption("magma");
      await page.getByLabel("Resolution").selectOption("336");
      await expect.poll(() => pane(page).innerText()).toMatch(/512×336/);
      await page.keyboard.press("Control+z");
      await expect.poll(() => pane(page).innerText()).toMatch(/224×224/);
      expect(await page.getByLabel("Colour map").inputValue()).toBe("magma");
      await page.keyboard.press("Control+z");
      expect(await page.getByLabel("Colour map").inputValue()).toBe("viridis");
      expect(await undo.isDisabled()).toBe(true);
      await page.keyboard.press("Control+Shift+z");
      await page.keyboard.press("Control+Shift+z");
      await expect.poll(() => pane(page).innerText()).toMatch(/512×336/);
      await page.close();
    });

    it("a whole zoom is one step", async () => {
      const { page } = await openPage(browser, engine.url);
      const before = await percent(page);
      await page.mouse.move(...(await at(page, 0.5, 0.5)));
      for (let i = 0; i < 10; i++) await page.mouse.wheel(0, -120);
      // Wheel events arrive in their own time; a key that overtook the last would undo too early.
      await expect
        .poll(async () => (await percent(page)) / before)
        .toBeCloseTo(Math.exp(10 * 120 * 0.0015), 1);
      await page.keyboard.press("Control+z");
      await expect.poll(() => percent(page)).toBe(before);
      await page.close();
    });
  });

  it("a link shows the same picture in another window", async () => {
    const { page } = await openPage(browser, engine.url);
    await page.getByRole("button", { name: "Cup of coffee" }).click();
    await expect.poll(() => pane(page).innerText()).toMatch(/Cup of coffee/);
    await page.getByLabel("Colour map").selectOption("cividis");
    await page.mouse.click(...(await at(page, 0.3, 0.4)));
    await page.mouse.move(...(await at(page, 0.6, 0.6)));
    for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -120);
    await page.getByRole("button", { name: "Rocket launch" }).click({ modifiers: ["Shift"] });
    await expect.poll(() => view(page).get("pane")).toBe("photograph=Rocket+launch");
    await page.mouse.move(3, 300);
    const other = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await other.goto(page.url());
    expect(view(other).get("token")).toBe(view(page).get("token"));
    await expect.poll(() => pane(other, "Pane: Rocket launch").locator(".ranked").count()).toBe(5);
    await expect.poll(() => pane(page, "Pane: Rocket launch").locator(".ranked").count()).toBe(5);
    for (const name of ["Photograph", "Pane: Rocket launch"]) {
      await expect
        .poll(() => pane(other, name).innerText())
        .toBe(await pane(page, name).innerText());
      // A last place of the zoom is not written: a pixel at an edge may fall the other way.
      await expect.poll(() => difference(photo(page, name), photo(other, name))).toBeLessThan(2);
    }
    await Promise.all([page.close(), other.close()]);
  });

  it("two windows on one engine agree, and neither is disturbed by the other", async () => {
    const query = "&size=256&patch=5,5";
    const [one, two] = await Promise.all([
      openPage(browser, engine.url, query),
      openPage(browser, engine.url, query),
    ]);
    await expect.poll(() => pane(two.page).innerText()).toMatch(/cosine/);
    await expect.poll(() => difference(photo(one.page), photo(two.page))).toBeLessThan(1);
    // The first changes what it looks at and then goes; the second stays as it is, and answers.
    await one.page.getByLabel("Resolution").selectOption("336");
    await expect.poll(() => pane(one.page).innerText()).toMatch(/512×336/);
    expect(await pane(two.page).innerText()).not.toMatch(/512×336/);
    await one.page.close();
    await two.page.getByLabel("Resolution").selectOption("336");
    await expect.poll(() => pane(two.page).innerText()).toMatch(/512×336/);
    expect(two.complaints).toEqual([]);
    await two.page.close();
  });

  it("broken parts of an address are told and the rest counts", async () => {
    const broken = "&zoom=99&photograph=Nobody&range=9..1&colormap=magma";
    const { page, complaints } = await openPage(browser, engine.url, broken);
    const notices = page.locator(".notices");
    await expect.poll(() => notices.innerText()).toMatch(/range: expected.*zoom: expected/s);
    await expect.poll(() => notices.innerText()).toMatch(/no photograph "Nobody"/);
    expect(await page.getByLabel("Colour map").inputValue()).toBe("magma");
    await expect.poll(() => pane(page).innerText()).toMatch(/Chelsea the cat/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("one basis colours two photographs alike: fixed on another, a PCA shows that one's own", async () => {
    const { page } = await openPage(browser, engine.url, "&pane=photograph%3DCup%20of%20coffee");
    await page.getByRole("region", { name: "Probe" }).getByText("PCA", { exact: true }).click();
    await expect.poll(() => pane(page, "Pane: Cup of coffee").innerText()).toMatch(/PCA/);
    await page.getByLabel("Basis", { exact: true }).selectOption({ label: "fixed: Cup of coffee" });
    await expect.poll(() => page.locator("aside.right").innerText()).toMatch(/Cup of coffee/);
    await expect.poll(() => view(page).get("basis")).toBe("of:Cup of coffee");
    await page.getByLabel("Basis", { exact: true }).selectOption("joint");
    await expect.poll(() => page.getByRole("alert").count()).toBe(0);
    await page.close();
  });

  describe("the arrangement", () => {
    it("keeps the Gram matrix beside a cosine map, linked both ways", async () => {
      const { page, complaints } = await openPage(browser, engine.url);
      await page.keyboard.press("g");
      const matrix = page.getByLabel("Cosine of every pair of patches");
      await expect.poll(() => matrix.count()).toBe(1);
      expect(await pane(page).innerText()).toMatch(/cosine · block/);
      await page.mouse.move(...(await at(page, 0.2, 0.2)));
      await expect.poll(() => page.locator(".row-line").count()).toBe(1);
      const box = (await matrix.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.25);
      const row = async () => /patch (\d+, \d+)/.exec(await readout(page).innerText())?.[1];
      await expect.poll(row).not.toBe("2, 2");
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("is moved by the divider's keys, turned, swapped and folded, and remembered", async () => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(`${engine.url}&pane=photograph%3DCup%20of%20coffee`);
      await photo(page, "Pane: Cup of coffee").waitFor();
      const box = async (name: string) => (await pane(page, name).boundingBox())!;
      const width = async () => (await box("Photograph")).width;
      const even = await width();
      await page.getByRole("separator").focus();
      for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
      await expect.poll(width).toBeGreaterThan(even + 30);
      const moved = await width();
      await page.getByRole("button", { name: "Swap the panes" }).click();
      await expect
        .poll(async () => (await box("Photograph")).x)
        .toBeGreaterThan((await box("Pane: Cup of coffee")).x);
      await page.getByRole("button", { name: "Images and model" }).click();
      await expect.poll(() => page.locator("aside.left").isVisible()).toBe(false);

      await page.reload();
      await photo(page, "Pane: Cup of coffee").waitFor();
      expect(await page.locator("aside.left").isVisible()).toBe(false);
      expect((await box("Photograph")).x).toBeGreaterThan((await box("Pane: Cup of coffee")).x);
      // Wider by its share of what the folded panel left.
      await expect.poll(width).toBeGreaterThan(moved);
      await page.getByRole("button", { name: "Panes under each other" }).click();
      await expect
        .poll(async () => (await box("Photograph")).y)
        .toBeGreaterThan((await box("Pane: Cup of coffee")).y);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });

  describe("ways in", () => {
    /** Drop a folder, as the browser hands it over: entries that are read one by one. */
    const dropFolder = (page: Page, name: string, files: Record<string, number[]>) =>
      page.evaluate(
        ({ name, files }) => {
          const entries = Object.entries(files).map(([file, bytes]) => ({
            isFile: true,
            isDirectory: false,
            name: file,
            file: (done: (file: File) => void) => done(new File([Uint8Array.from(bytes)], file)),
          }));
          let parts = [entries, []];
          const folder = {
            isFile: false,
            isDirectory: true,
            name,
            createReader: () => ({
              readEntries: (done: (part: unknown[]) => void) => {
                done(parts[0] ?? []);
                parts = parts.slice(1);
              },
            }),
          };
          const event = new DragEvent("drop", { bubbles: true, cancelable: true });
          const transfer = {
            items: [{ webkitGetAsEntry: () => folder }],
            files: [new File([], name)],
          };
          Object.defineProperty(event, "dataTransfer", { value: transfer });
          window.dispatchEvent(event);
        },
        { name, files },
      );
    const picture = async (background: string) => [
      ...(await sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .png()
        .toBuffer()),
    ];

    it("a folder of photographs and a model: the photographs open, the model is told of", async () => {
      const { page, complaints } = await openPage(browser, engine.url);
      await dropFolder(page, "mixed", {
        "b.png": await picture("red"),
        "a.png": await picture("blue"),
        "model.safetensors": [1, 2, 3],
        "README.md": [35],
      });
      await expect.poll(() => pane(page).innerText()).toMatch(/a\.png/);
      await expect
        .poll(() => page.getByRole("button", { name: "b.png", exact: true }).count())
        .toBe(1);
      expect(await page.locator(".notices").innerText()).toMatch(
        /mixed is a model.*Give its path/s,
      );
      expect(await page.getByRole("alert").count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("a model that was opened is kept among the recent ones; gone, it can be removed", async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-recent-"));
      const model = path.join(folder, "mine");
      await cp(path.join(import.meta.dirname, "../fixtures/vit/mlp"), model, { recursive: true });
      const { page } = await openPage(browser, engine.url);
      await page.getByLabel("Open another model").fill(model);
      await page.getByRole("button", { name: "Open", exact: true }).click();
      const recent = page.getByRole("region", { name: "Recent" });
      await expect.poll(() => recent.innerText()).toMatch(/mine/);
      await rm(folder, { recursive: true });
      await page.reload();
      await recent.getByRole("button", { name: "mine" }).click();
      await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/mine/);
      await expect.poll(() => recent.innerText()).toMatch(/is gone/);
      await recent.getByRole("button", { name: "Remove" }).click();
      await expect.poll(() => recent.count()).toBe(0);
      await page.reload();
      await photo(page).waitFor();
      expect(await recent.count()).toBe(0);
      await page.close();
    });

    it("in a desktop window the dialogs, the recent files and dropped paths are the window's", async () => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      await context.addInitScript(
        (png) => {
          const asked: string[] = [];
          const bytes = Uint8Array.from(png);
          Object.assign(window, {
            asked,
            desktop: {
              openImages: async () => [{ name: "chosen.png", bytes }],
              openModelFolder: async () => "/no/such/folder",
              onOpen: (listener: (opened: unknown) => void) => {
                setTimeout(() =>
                  listener({ kind: "problem", message: "old.png is gone", hint: "" }),
                );
                return () => {};
              },
              recent: async () => [
                { path: "/x/y.png", name: "y.png", kind: "image", exists: true },
                { path: "/x/z", name: "z", kind: "model", exists: false },
              ],
              openRecent: async (path: string) => void asked.push(path),
              pathOf: () => "/where/it/lies",
              saveFile: async () => undefined,
              onEngine: () => () => {},
              tellRun: () => {},
            },
          });
        },
        await picture("green"),
      );
      const page = await context.newPage();
      await page.goto(engine.url);
      await expect.poll(() => page.locator(".notices").innerText()).toMatch(/old\.png is gone/);
      await page.getByRole("button", { name: "Open…" }).click();
      await expect.poll(() => pane(page).innerText()).toMatch(/chosen\.png/);
      await expect.poll(() => page.locator(".status").innerText()).toMatch(/features/);
      await page
        .getByRole("region", { name: "Model" })
        .getByRole("button", { name: "Choose a folder…" })
        .click();
      await expect.poll(() => page.locator(".notices").innerText()).toMatch(/\/no\/such\/folder/);
      const recent = page.getByRole("region", { name: "Recent" });
      expect(await recent.innerText()).toMatch(/z\s+is gone/);
      await recent.getByRole("button", { name: "y.png" }).click();
      const asked = () => page.evaluate(() => (window as { asked?: string[] }).asked);
      await expect.poll(asked).toEqual(["/x/y.png"]);
      await dropFolder(page, "dropped", { "model.safetensors": [1] });
      await expect.poll(() => page.locator(".notices").innerText()).toMatch(/\/where\/it\/lies/);
      await context.close();
    });
  });

  it("the check names every executor with its reason, and its export holds nothing of a person's", async () => {
    const { page, complaints } = await openPage(browser, engine.url, "&patch=5,5");
    await page.getByLabel("Open another model").fill("/data/someone/secret.safetensors");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Check of this installation" });
    const text = await dialog.innerText();
    for (const word of ["webgpu", "cuda", "tfjs-gpu", "in use", "Memory", "Disk", "Node"]) {
      expect(text).toContain(word);
    }
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Export diagnostics" }).click(),
    ]);
    const written = await readFile(await download.path(), "utf8");
    const report = JSON.parse(written) as { engine: { executors: unknown[] }; notices: unknown[] };
    expect(report.engine.executors.length).toBeGreaterThan(3);
    expect(report.notices).toHaveLength(1);
    for (const secret of ["someone", "Chelsea", new URL(engine.url).searchParams.get("token")!]) {
      expect(written).not.toContain(secret);
    }
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.isVisible()).toBe(false);
    // Escape closes the dialog and leaves the held patch alone.
    expect(await readout(page).innerText()).toMatch(/patch 5, 5.*pinned/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
