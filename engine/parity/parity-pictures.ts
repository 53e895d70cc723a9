/** PCA of the original and of every export side by side, in one basis: what the numbers look like. */
import { basename } from "node:path";
import { drawFigure } from "../case-pictures/figure.ts";
import { photograph, sizeWithin, type Panel } from "../case-pictures/panel.ts";
import type { PreparedPrograms } from "../evaluation/similarity.ts";
import type { Picture } from "../labels/labelled.ts";
import { run as runPca } from "../probes/pca.ts";
import type { FeatureMap, ProbeContext } from "../probes/probe.ts";
import { renderMap } from "../probes/render.ts";
import type { FeatureRef } from "../protocol/view.ts";
import type { SeenTokens } from "./token-source.ts";

export interface ParityFigure {
  readonly model: FeatureMap["model"];
  readonly picture: Picture;
  readonly original: SeenTokens;
  /** In the order of the card. */
  readonly exports: readonly { readonly title: string; readonly seen: SeenTokens }[];
}

export interface DrawnFigure {
  readonly png: Uint8Array;
  readonly caption: string;
}

const panelBox = { width: 260, height: 260 };
const panelsARow = 3;

/** @throws EngineError "cancelled" */
export async function drawParity(
  { model, picture, original, exports }: ParityFigure,
  programs: PreparedPrograms,
  signal: AbortSignal,
): Promise<DrawnFigure> {
  const name = basename(picture.name);
  const fit = featureMap(original, model, name);
  const ref: FeatureRef = {
    model: "original",
    image: "picture",
    size: { kind: "model" },
    layer: "last",
    norm: true,
  };
  const context: ProbeContext = {
    prepare: (program) => programs.prepare(program),
    features: async () => fit,
    attentionRows: () => Promise.reject(new Error("internal: PCA asks for no attention")),
    signal,
    progress: () => {},
  };
  const { input } = original.geometry;
  const size = sizeWithin(input, panelBox);
  const panelOf = async (title: string, seen: SeenTokens): Promise<Panel> => {
    const shown = seen === original ? fit : featureMap(seen, model, name);
    const { maps } = await runPca(shown, ref, { preset: "raw", fit: [ref] }, context);
    return { title, ...enlarged(renderMap(maps[0]!), size) };
  };
  const panels: Panel[] = [
    await photograph(region(picture, original), size, name),
    await panelOf("original", original),
  ];
  for (const { title, seen } of exports) panels.push(await panelOf(title, seen));
  const rows: Panel[][] = [];
  for (let i = 0; i < panels.length; i += panelsARow) rows.push(panels.slice(i, i + panelsARow));
  const heading = `${model.name}: original and export`;
  const subject = `${name}, ${input.width} × ${input.height} px; three principal components as red, green and blue, basis and colours of the original`;
  const caption = `${heading}. ${subject}. ${exports.map(({ title }) => title).join("; ")}.`;
  return { png: await drawFigure({ heading, subject, rows, caption }), caption };
}

function featureMap(
  { geometry, patches, width, all }: SeenTokens,
  model: FeatureMap["model"],
  image: string,
): FeatureMap {
  return {
    // A projection of what is not finite has no colour; black stands for it.
    patches: patches.map((value) => (Number.isFinite(value) ? value : 0)),
    cls: all.subarray(0, width),
    registers: all.subarray(width, all.length - patches.length),
    geometry,
    width,
    block: model.depth - 1,
    norm: true,
    model,
    image,
  };
}

/** The part of the photograph that the model saw. */
function region({ name, width, pixels }: Picture, { geometry }: SeenTokens): Picture {
  const { x, y, width: w, height: h } = geometry.region;
  const [left, top] = [Math.round(x), Math.round(y)];
  const [wide, high] = [Math.max(1, Math.round(w)), Math.max(1, Math.round(h))];
  const own = new Uint8Array(wide * high * 3);
  for (let row = 0; row < high; row++) {
    const start = ((top + row) * width + left) * 3;
    own.set(pixels.subarray(start, start + wide * 3), row * wide * 3);
  }
  return { name, width: wide, height: high, pixels: own };
}

/** Every cell as large as it comes: edges stay sharp. */
function enlarged(
  { width: cols, height: rows, pixels }: Pick<Picture, "width" | "height" | "pixels">,
  { width, height }: { readonly width: number; readonly height: number },
): { width: number; height: number; pixels: Uint8Array } {
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * rows) / height);
    for (let x = 0; x < width; x++) {
      const at = 3 * (row * cols + Math.floor(((x + 0.5) * cols) / width));
      out.set(pixels.subarray(at, at + 3), 3 * (y * width + x));
    }
  }
  return { width, height, pixels: out };
}
