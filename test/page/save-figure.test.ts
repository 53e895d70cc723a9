/** A figure saved from the page, in a real Chromium: what is on screen is what is in the file. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { BufferSource, Input, MP4 } from "mediabunny";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { auditPage } from "../support/audit.ts";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";
import { gramscope } from "../support/command-line.ts";
import { writeSession } from "../support/session-files.ts";
import { fixtures } from "../weights/broken-models.ts";

/** The stage's canvas can be read back where it is not WebGL's. */
const still = "&renderer=canvas2d";

describe.skipIf(browserSkip !== undefined)("saving a figure", () => {
  let engine: EngineProcess;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-figure-"));
    [engine, browser] = await Promise.all([startEngine(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("F opens the dialog, the preview is drawn, and the PNG holds the map that is shown", async () => {
    const { page, complaints } = await openPage(
      browser,
      engine.url,
      `${still}&patch=6,7&opacity=100`,
    );
    await page.keyboard.press("f");
    const dialog = page.getByRole("dialog", { name: "Save a figure" });
    const preview = dialog.getByRole("img", { name: "The figure as it will be saved" });
    await preview.waitFor();
    expect(await preview.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(
      600,
    );
    // Only the picture, so that its pixels lie at known places.
    for (const part of ["Names", "Marks", "Colour bars", "Caption"]) {
      await dialog.getByRole("checkbox", { name: part }).uncheck();
    }
    await dialog.getByRole("textbox", { name: "Width" }).fill("100");
    await dialog.getByLabel("Resolution").fill("100");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Save PNG" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/-cosine\.png$/);
    const file = await readFile(await download.path());
    const texts = readPngTexts(file);
    const { panes } = JSON.parse(texts[recipeKeyword]!) as {
      panes: { recipe: { label: string; text: string }[] }[];
    };
    const query = panes[0]!.recipe.find(({ label }) => label === "Query");
    expect(query?.text).toBe("1 patch at (row, column) (6, 7)");

    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(394);
    // The cells on the stage, read back from its canvas.
    const cells = await page.locator(".photo canvas").first().evaluate(readCanvas);
    const [left, top] = [6, 6]; // 4 pt at 100 dots an inch
    const [wide, high] = [info.width - 11, info.height - 11];
    for (const [row, col] of [
      [6, 7],
      [0, 0],
      [13, 13],
      [3, 10],
    ] as const) {
      const x = left + Math.floor(((col + 0.5) / cells.cols) * wide);
      const y = top + Math.floor(((row + 0.5) / cells.rows) * high);
      const at = 3 * (y * info.width + x);
      const cell = 4 * (row * cells.cols + col);
      expect([...data.subarray(at, at + 3)], `patch ${row},${col}`).toEqual(
        cells.pixels.slice(cell, cell + 3),
      );
    }
    await expect.poll(() => dialog.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("points in space are drawn again at the figure's size, as they are seen, with their axes as text", async () => {
    const { page, complaints } = await openPage(
      browser,
      engine.url,
      "&space=pca&spaceColour=position&gram=1&probe=gram&patch=6,7",
    );
    const view = page.getByRole("img", { name: /^Patches as points/ });
    await expect.poll(() => view.innerText(), { timeout: 30_000 }).toMatch(/1st component/);
    const onScreen = await saturated(await view.screenshot());
    await page.keyboard.press("f");
    const dialog = page.getByRole("dialog", { name: "Save a figure" });
    const panes = dialog.getByRole("group", { name: "Panes" });
    await panes.waitFor();
    expect(await panes.getByRole("checkbox").count()).toBe(3);
    await panes.getByRole("checkbox", { name: "Chelsea the cat" }).uncheck();
    const save = async (kind: string) => {
      await dialog.getByText(kind, { exact: true }).first().click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        dialog.getByRole("button", { name: `Save ${kind}` }).click(),
      ]);
      return readFile(await download.path());
    };
    const svg = (await save("SVG")).toString();
    expect(svg).toMatch(/>1st component \(\d+\.\d % of variance\)</);
    expect(svg).toMatch(/Order: k-means, \d+ clusters, seed 0/);
    expect(svg).toMatch(/Preset: raw/);
    expect(svg).toMatch(/Basis: fitted on this image/);
    expect(svg).toMatch(/seen from \(1\.91, 1\.29, 2\.64\)/);

    await page.keyboard.press("f");
    await panes.getByRole("checkbox", { name: "Chelsea the cat" }).uncheck();
    await panes.getByRole("checkbox", { name: "Gram matrix" }).uncheck();
    for (const part of ["Names", "Marks", "Colour bars", "Caption"]) {
      await dialog.getByRole("checkbox", { name: part }).uncheck();
    }
    const file = await save("PNG");
    const { width } = await sharp(file).metadata();
    expect(width).toBe(2126);
    const inFigure = await saturated(file);
    // Several times as many pixels, the same picture.
    expect(inFigure.width).toBeGreaterThan(3 * onScreen.width);
    expect(inFigure.width / inFigure.height).toBeCloseTo(onScreen.width / onScreen.height, 1);
    expect(inFigure.share / onScreen.share).toBeGreaterThan(0.9);
    expect(inFigure.share / onScreen.share).toBeLessThan(1.1);
    inFigure.mean.forEach((value, c) =>
      expect(Math.abs(value - onScreen.mean[c]!)).toBeLessThan(6),
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a session on the command line is, pixel for pixel, what the page saves", async () => {
    const panes = "&pane=probe%3Dpca%26preset%3Dwhitened&pane=probe%3Dkmeans";
    const view = `probe=cosine&patch=6,7${panes}`;
    const { page } = await openPage(browser, engine.url, `${still}&${view}`);
    await page.keyboard.press("g");
    await expect.poll(() => page.locator(".matrix canvas").count()).toBe(1);
    await page
      .getByText("features cached")
      .or(page.getByText(/^features \d/))
      .waitFor();
    await page.keyboard.press("f");
    const dialog = page.getByRole("dialog", { name: "Save a figure" });
    await dialog.getByRole("img", { name: "The figure as it will be saved" }).waitFor();
    await dialog.getByRole("textbox", { name: "Width" }).fill("120");
    await dialog.getByLabel("Resolution").fill("150");
    await expect
      .poll(() => dialog.getByRole("group", { name: "Panes" }).innerText())
      .toMatch(/Gram/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Save PNG" }).click(),
    ]);
    const session = path.join(folder, "grid.gramscope.json");
    const layout = { direction: "across", isSwapped: false, left: true, right: true, gram: true };
    await writeSession(session, {
      view: `${view}&photograph=p1&model=m1`,
      layout: { ...layout, direction: "across" },
    });
    const out = path.join(folder, "grid.png");
    const size = ["--width-mm", "120", "--dpi", "150"];
    const ended = await gramscope(["figure", "--session", session, ...size, "--out", out]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/4 panes, 709 x \d+ px/);
    const raw = (file: string) => sharp(file).raw().toBuffer({ resolveWithObject: true });
    const [fromPage, fromLine] = await Promise.all([raw(await download.path()), raw(out)]);
    expect(fromLine.info).toEqual(fromPage.info);
    expect(fromLine.data.equals(fromPage.data)).toBe(true);
    const recipeOf = async (file: string) => readPngTexts(await readFile(file))[recipeKeyword];
    expect(await recipeOf(out)).toBe(await recipeOf(await download.path()));
    await page.close();
  });

  it.each([
    ["points", "space=pca&spaceColour=cluster&patch=6,7", ["ArrowRight", "ArrowUp", "+"]],
    ["the surface", "space=surface&patch=6,7", ["ArrowLeft", "Shift+ArrowUp"]],
  ])(
    "%s of a saved session, turned, are on the command line what the page saves, and are reopened so",
    async (_, query, keys) => {
      const { page, complaints } = await openPage(browser, engine.url, `&${query}`);
      const space = page.getByRole("img", { name: /^(Patches as points|The Gram matrix)/ });
      await expect
        .poll(() => page.getByRole("region", { name: "Space" }).innerText(), { timeout: 30_000 })
        .toMatch(/1st component|patches, UMAP|patches by cluster/);
      await space.focus();
      for (const key of keys) for (let i = 0; i < 4; i++) await page.keyboard.press(key);
      const sight = () => new URL(page.url()).searchParams.get("sight");
      await expect.poll(sight).toMatch(/^-?\d.*(,-?\d.*){5}$/);
      // Not the line around what has the focus.
      await space.blur();
      const turned = await space.screenshot();

      const session = path.join(folder, "turned.gramscope.json");
      await page.getByRole("button", { name: "Session", exact: true }).click();
      const saving = page.getByRole("dialog", { name: "Session", exact: true });
      await saving.getByLabel("Save this view as").fill(session);
      await saving.getByRole("button", { name: "Save", exact: true }).click();
      await expect.poll(() => saving.innerText()).toMatch(/Saved as/);
      await page.keyboard.press("Escape");

      await page.getByRole("button", { name: "Figure" }).click();
      const dialog = page.getByRole("dialog", { name: "Save a figure" });
      await dialog.getByText("PNG", { exact: true }).click();
      await dialog.getByRole("textbox", { name: "Width" }).fill("120");
      await dialog.getByLabel("Resolution").fill("150");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        dialog.getByRole("button", { name: "Save PNG" }).click(),
      ]);
      const out = path.join(folder, "turned.png");
      const size = ["--width-mm", "120", "--dpi", "150"];
      const ended = await gramscope(["figure", "--session", session, ...size, "--out", out]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toMatch(/2 panes/);
      const raw = (file: string) => sharp(file).raw().toBuffer({ resolveWithObject: true });
      const [fromPage, fromLine] = await Promise.all([raw(await download.path()), raw(out)]);
      expect(fromLine.info).toEqual(fromPage.info);
      expect(fromLine.data.equals(fromPage.data)).toBe(true);

      // Home clears the sight; the session brings it back.
      await page.getByRole("button", { name: "Show all" }).click();
      await expect.poll(sight).toBe(null);
      expect(await differenceOf(await space.screenshot(), turned)).toBeGreaterThan(1);
      await page.getByRole("button", { name: "Session", exact: true }).click();
      await saving.getByLabel("Open a session").fill(session);
      await saving.getByRole("button", { name: "Open", exact: true }).click();
      await expect.poll(sight).not.toBe(null);
      await expect
        .poll(async () => differenceOf(await space.screenshot(), turned), { timeout: 20_000 })
        .toBeLessThan(0.01);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it("a clip goes through the steps of a run and comes back; it can be cancelled", async () => {
    const run = path.join(folder, "run");
    await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
    for (const step of [10, 20, 30]) {
      const place = path.join(run, "checkpoints", checkpointName(step));
      await mkdir(place, { recursive: true });
      await cp(path.join(fixtures, "mlp"), path.join(place, "teacher"), { recursive: true });
      await writeFile(path.join(place, "state.json"), "{}");
    }
    const { page, complaints } = await openPage(browser, engine.url, "&patch=2,3");
    await page.getByLabel("Scrub through its checkpoints").fill(run);
    await page.getByRole("button", { name: "Open run" }).click();
    const shown = () => page.locator(".pane-head .step").first().innerText();
    await expect.poll(shown, { timeout: 20_000 }).toBe("step 30");
    await page.getByRole("button", { name: "Figure" }).click();
    const dialog = page.getByRole("dialog", { name: "Save a figure" });
    await dialog.getByText("WebP", { exact: true }).first().click();
    await auditPage(page, "a clip to be");
    await dialog.getByRole("textbox", { name: "Width" }).fill("60");
    await dialog.getByRole("textbox", { name: "Resolution" }).fill("72");
    await dialog.getByLabel("From").selectOption("20");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Save WebP" }).click(),
    ]);
    const file = await readFile(await download.path());
    const read = await sharp(file, { animated: true }).metadata();
    expect(read).toMatchObject({ format: "webp", pages: 2, width: 170 });
    expect(Buffer.from(read.exif!).toString("latin1")).toMatch(/"step 20".*"step 30"/s);
    await expect.poll(shown).toBe("step 30");

    // The same as a video, where this Chromium encodes one: the frames of the WebP, in their time.
    await page.getByRole("button", { name: "Figure" }).click();
    const hasMp4 = await page.evaluate(() => typeof VideoEncoder !== "undefined");
    if (hasMp4) {
      await dialog.getByText("MP4", { exact: true }).click();
      await dialog.getByLabel("From").selectOption("20");
      const [video] = await Promise.all([
        page.waitForEvent("download"),
        dialog.getByRole("button", { name: "Save MP4" }).click(),
      ]);
      expect(video.suggestedFilename()).toMatch(/\.mp4$/);
      const bytes = await readFile(await video.path());
      const input = new Input({ formats: [MP4], source: new BufferSource(bytes) });
      const track = (await input.getPrimaryVideoTrack())!;
      const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
      expect([width, height % 2]).toEqual([170, 0]);
      expect(await track.computeDuration()).toBeCloseTo(0.4, 2);
      expect((await track.computePacketStats()).packetCount).toBe(2);
      const { title, comment } = await input.getMetadataTags();
      expect(title).toBe("step 20");
      expect(JSON.parse(comment!)).toMatchObject({
        program: "Gramscope",
        frameMs: 200,
        frames: [{ title: "step 20" }, { title: "step 30" }],
      });
      // Our own page plays no videos.
      const player = await browser.newPage();
      const shot = await player.evaluate(frameOf, { base64: bytes.toString("base64"), at: 0.3 });
      await player.close();
      // As the WebP's second page, but for what a video loses.
      const webp = await sharp(file, { page: 1 }).removeAlpha().raw().toBuffer();
      const seen = await sharp(Buffer.from(shot, "base64")).removeAlpha().raw().toBuffer();
      // A line of ground more below, where the height was odd.
      let off = 0;
      for (let i = 0; i < webp.length; i++) off += Math.abs(webp[i]! - seen[i]!);
      expect(off / webp.length).toBeLessThan(6);
      await page.getByRole("button", { name: "Figure" }).click();
      await dialog.getByText("WebP", { exact: true }).click();
    } else {
      await dialog.getByText(/^This browser encodes no video here/).waitFor();
    }
    await page.keyboard.press("Escape");

    // The dialog keeps what was chosen; a clip that is cancelled saves nothing and says nothing.
    await page.getByRole("button", { name: "Figure" }).click();
    await dialog.getByRole("textbox", { name: "Width" }).fill("900");
    await dialog.getByRole("button", { name: "Save WebP" }).click();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.getByRole("button", { name: "Save WebP" }).waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

function readCanvas(source: SVGElement | HTMLElement) {
  const canvas = source as HTMLCanvasElement;
  const { width, height } = canvas;
  const context = canvas.getContext("2d")!;
  const { data } = context.getImageData(0, 0, width, height);
  return { rows: height, cols: width, pixels: [...data] };
}

/** Mean over all numbers of two pictures of one size. */
async function differenceOf(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((file) => sharp(file).raw().toBuffer()));
  return a!.reduce((sum, value, i) => sum + Math.abs(value - b![i]!), 0) / a!.length;
}

/** What of a picture is coloured: how large the box around it is, how much of that, and its mean colour. */
async function saturated(file: Buffer) {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let [left, right, top, bottom, count] = [Infinity, 0, Infinity, 0, 0];
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    const colour = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (Math.max(...colour) - Math.min(...colour) < 60) continue;
    const [x, y] = [(i / 3) % info.width, Math.floor(i / 3 / info.width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    colour.forEach((value, c) => (sum[c]! += value));
    count++;
  }
  const [width, height] = [right - left + 1, bottom - top + 1];
  return { width, height, share: count / (width * height), mean: sum.map((one) => one / count) };
}

/** A frame of a video, as the browser plays it. @returns PNG as base64 */
async function frameOf({ base64, at }: { base64: string; at: number }): Promise<string> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  video.muted = true;
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve;
    video.onerror = () => reject(new Error(video.error?.message));
  });
  await new Promise((resolve) => {
    video.onseeked = resolve;
    video.currentTime = at;
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")!.drawImage(video, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1]!;
}
