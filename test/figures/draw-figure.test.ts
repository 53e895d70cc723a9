/**
 * A figure's files, read back by others: SVG by an XML parser, PDF by its own operators and character
 * maps, PNG and WebP by libvips, MP4 by mediabunny. Colours are compared with those that were asked for.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { BufferSource, Input, MP4 } from "mediabunny";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawClip, drawFigure } from "../../engine/figures/draw-figure.ts";
import { readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import {
  clip,
  figure,
  type FigureLookInput,
  type FigurePaneInput,
} from "../../engine/protocol/figure.ts";
import { barKey } from "../../engine/protocol/figure-keys.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import { pdfText } from "../support/pdf-text.ts";

/** 4 x 2 pixels of one grey. */
const grey = { width: 40, height: 20, pixels: new Uint8Array(40 * 20 * 3).fill(100) };
const photographs = new Map([["i1", grey]]);

const red = [200, 10, 20, 255];
const blue = [10, 20, 200, 255];
const clear = [0, 0, 0, 0];

const pane = (change: Partial<FigurePaneInput> = {}): FigurePaneInput => ({
  title: "cats & dogs <1>",
  photograph: "i1",
  view: { x: 0, y: 0, width: 40, height: 20 },
  map: {
    // Over the left three quarters of the photograph.
    cells: toWireTensor(new Uint8Array([...red, ...blue, ...clear]), [1, 3, 4]),
    box: { x: 0, y: 0, width: 30, height: 20 },
    opacity: 0.5,
  },
  key: barKey("viridis", [-0.25, 1], "cosine"),
  recipe: [
    { label: "Model", text: "ViT-S/16" },
    { label: "Layer", text: "block 3 of 12" },
  ],
  ...change,
});

const look: FigureLookInput = { widthMm: 85, dpi: 150 };
const drawn = (panes: FigurePaneInput[], more: Partial<FigureLookInput> = {}) =>
  figure.parse({ panes, look: { ...look, ...more } });
const textOf = (file: Uint8Array) => new TextDecoder().decode(file);

describe("SVG", () => {
  it("holds its words as text, its recipe as metadata, and hostile words as words", async () => {
    const title = 'A "title" </svg><script>alert(1)</script> \u0001 \ud800 Ω я';
    const { file } = await drawFigure(drawn([pane()], { title }), "svg", photographs);
    const complaints: string[] = [];
    const parser = new DOMParser({ onError: (_, message) => complaints.push(message) });
    const root = parser.parseFromString(textOf(file), "image/svg+xml").documentElement!;
    expect(complaints).toEqual([]);
    const texts = [...root.getElementsByTagName("text")].map(({ textContent }) => textContent);
    expect(texts).toContain("cats & dogs <1>");
    expect(texts).toEqual(expect.arrayContaining(["−0.25", "cosine", "1"]));
    expect(texts.join(" ")).toContain("Model: ViT-S/16; Layer: block 3 of 12.");
    expect(texts[0]).toContain("</svg><script>alert(1)</script> ? ? Ω я");
    expect([...root.getElementsByTagName("script")]).toEqual([]);
    const recipe = root.getElementsByTagName("recipe")[0]!.textContent!;
    expect(JSON.parse(recipe)).toEqual({
      program: "Gramscope",
      panes: [{ title: "cats & dogs <1>", recipe: pane().recipe }],
    });
    // Pixels of 150 an inch: 502 of them are within half a pixel of 85 mm.
    expect(Number.parseFloat(root.getAttribute("width")!)).toBeCloseTo((502 * 25.4) / 150, 3);
  });
});

describe("PDF", () => {
  it("holds its words as text, which a reader finds by the font's character map", async () => {
    const { file } = await drawFigure(drawn([pane()], { title: "Größe Ω" }), "pdf", photographs);
    const text = pdfText(Buffer.from(file));
    expect(text).toContain("cats & dogs <1>");
    expect(text).toContain("Größe");
    expect(text).toContain("Ω");
    expect(text).toContain("Model: ViT-S/16; Layer: block 3 of 12.");
    const raw = Buffer.from(file).toString("latin1");
    const place = /\/GramscopeRecipe (\d+) 0 R/.exec(raw)?.[1];
    expect(raw).toMatch(new RegExp(`\\n${place} 0 obj\\n\\(\\{"program":"Gramscope".*ViT-S/16`));
    expect(raw).toMatch(/\/MediaBox \[0 0 240\.96 /);
  });
});

describe("PNG", () => {
  it("has the colours that were asked for, where they lie", async () => {
    const bare = { parts: [] } satisfies Partial<FigureLookInput>;
    const { file, width, height } = await drawFigure(drawn([pane()], bare), "png", photographs);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width, height, channels: 3 });
    // 4 pt of ground around one picture, 4 pt of 1/72 inch at 150 dots being 8 pixels.
    const [left, top, wide, high] = [8, 8, width - 16, (width - 16) / 2];
    const at = (x: number, y: number) => {
      const place = 3 * (Math.round(top + y * high) * width + Math.round(left + x * wide));
      return [...data.subarray(place, place + 3)];
    };
    const half = (colour: number[]) =>
      colour.slice(0, 3).map((value) => Math.round(100 + (value - 100) / 2));
    expect(at(0.02, 0.5)).toEqual(half(red));
    expect(at(0.24, 0.98)).toEqual(half(red));
    expect(at(0.26, 0.02)).toEqual(half(blue));
    expect(at(0.6, 0.5)).toEqual([100, 100, 100]);
    expect(at(0.9, 0.5)).toEqual([100, 100, 100]);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it("says its resolution and its recipe, and writes in the ink of its ground", async () => {
    const { file } = await drawFigure(drawn([pane()], { ground: "dark" }), "png", photographs);
    const { density, width } = await sharp(file).metadata();
    expect([density, width]).toEqual([150, 502]);
    const texts = readPngTexts(file);
    expect(JSON.parse(texts[recipeKeyword]!)).toMatchObject({ panes: [{ recipe: pane().recipe }] });
    expect(texts["Description"]).toBe("Model: ViT-S/16; Layer: block 3 of 12.");
    // The title's strokes: the lightest of the ink on the darkest of the ground.
    const head = { left: 8, top: 8, width: 200, height: 22 };
    const { channels } = await sharp(await sharp(file).extract(head).toBuffer()).stats();
    expect(channels[0]).toMatchObject({ min: 16, max: 233 });
  });

  it("marks the query on its place in white", async () => {
    const marks: FigurePaneInput["marks"] = [{ kind: "cross", x: 20, y: 10 }];
    const parts: FigureLookInput["parts"] = ["marks"];
    const { file, width } = await drawFigure(
      drawn([pane({ marks })], { parts }),
      "png",
      photographs,
    );
    const { data } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    const middle = 3 * ((8 + Math.floor((width - 16) / 4)) * width + Math.floor(width / 2));
    expect([...data.subarray(middle, middle + 3)]).toEqual([255, 255, 255]);
  });
});

describe("a caption", () => {
  it("states once what is shared, and by group what differs", async () => {
    const of = (layer: string) =>
      pane({ recipe: [pane().recipe[0]!, { label: "Layer", text: layer }] });
    const panes = [of("1"), of("2"), of("2")];
    const { file } = await drawFigure(drawn(panes), "png", photographs);
    expect(readPngTexts(file)["Description"]).toBe(
      "Model: ViT-S/16. (a) Layer: 1. (b, c) Layer: 2.",
    );
  });
});

describe("a clip", () => {
  const frames = [1, 2, 3].map((step) => ({
    title: `step ${step}`,
    panes: [pane({ recipe: [{ label: "Model", text: `step ${step}` }] })],
  }));

  it("is a WebP with a page for each frame", async () => {
    const what = clip.parse({ frames, look, frameMs: 120 });
    const counted: number[] = [];
    const { file, width, height } = await drawClip(what, photographs, {
      onFrame: (count) => counted.push(count),
    });
    const read = await sharp(file, { animated: true }).metadata();
    expect(read).toMatchObject({
      format: "webp",
      pages: 3,
      delay: [120, 120, 120],
      width,
      pageHeight: height,
    });
    expect(counted).toEqual([1, 2, 3]);
    expect(Buffer.from(read.exif!).toString("latin1")).toContain("step 3");
  });

  const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).error === undefined;
  it.skipIf(!hasFfmpeg)(
    "is an MP4 of as many frames, with title and recipe (skipped where there is no ffmpeg)",
    async () => {
      const what = clip.parse({ frames, look, frameMs: 120, packing: "mp4" });
      const scratch = await mkdtemp(join(tmpdir(), "gramscope-scratch-"));
      const { file, width, height } = await drawClip(what, photographs, { scratch });
      const abort = new AbortController();
      const { signal } = abort;
      const going = drawClip(what, photographs, { signal, scratch, onFrame: () => abort.abort() });
      await expect(going).rejects.toMatchObject({ code: "cancelled" });
      expect(await readdir(scratch)).toEqual([]);
      await rmdir(scratch);
      using input = new Input({ formats: [MP4], source: new BufferSource(file) });
      const track = (await input.getPrimaryVideoTrack())!;
      const even = (side: number) => side + (side % 2);
      expect(await track.computeDuration()).toBeCloseTo(0.36, 3);
      expect((await track.computePacketStats()).packetCount).toBe(3);
      const coded = [await track.getCodedWidth(), await track.getCodedHeight()];
      expect(coded).toEqual([even(width), even(height)]);
      const tags = await input.getMetadataTags();
      expect(tags.title).toBe("step 1");
      const recipe = JSON.parse(tags.comment!) as { frames: { title: string }[] };
      expect(recipe.frames.map(({ title }) => title)).toEqual(["step 1", "step 2", "step 3"]);
    },
  );

  it("ends when it is cancelled", async () => {
    const what = clip.parse({ frames, look, frameMs: 120 });
    const abort = new AbortController();
    const going = drawClip(what, photographs, {
      signal: abort.signal,
      onFrame: () => abort.abort(),
    });
    await expect(going).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("what cannot be drawn", () => {
  it.each([
    ["100,000 pixels across", { widthMm: 1200, dpi: 1200 }, /at most 100,000,000 pixels/],
    ["a pane of no height", { widthMm: 20, dpi: 36 }, /would have \d+ x 0 pixels/],
  ])("%s", async (_, size, words) => {
    const flat = pane({ view: { x: 0, y: 0, width: 40, height: 0.01 } });
    const going = drawFigure(drawn([size.dpi === 36 ? flat : pane()], size), "png", photographs);
    await expect(going).rejects.toMatchObject({
      code: "option.invalid",
      message: expect.stringMatching(words) as unknown,
    });
  });

  it("a photograph that is not open", async () => {
    const going = drawFigure(drawn([pane({ photograph: "i9" })]), "png", photographs);
    await expect(going).rejects.toMatchObject({ code: "option.invalid" });
  });

  it.each([
    ["no width", { widthMm: 0 }],
    ["a resolution of a hundred thousand", { dpi: 100_000 }],
    ["no columns", { columns: 0 }],
  ])("%s is refused before it is drawn", (_, wrong) => {
    expect(figure.safeParse({ panes: [pane()], look: { ...look, ...wrong } }).success).toBe(false);
  });
});
