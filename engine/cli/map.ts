/** `gramscope map`: one probe over one image, as a PNG that carries its recipe. */
import { mapToPng } from "../probes/png.ts";
import { colormapNames } from "../protocol/colormap.ts";
import { EngineError } from "../protocol/errors.ts";
import type { PatchPosition } from "../protocol/geometry.ts";
import { componentOrders } from "../protocol/pca-variant.ts";
import { pcaPresets, probeCall, probeNames, type ProbeCall } from "../protocol/probes.ts";
import { parseInputSize, type FeatureRef } from "../protocol/view.ts";
import { openLocalSession } from "./local-session.ts";
import { invalid, oneOf, parseLayer, parsePatch, type LookOptions } from "./options.ts";
import { writeOutput } from "./write-output.ts";

export interface MapOptions extends LookOptions {
  readonly out: string;
  /** A second image: the target of a cosine map, or part of a joint PCA. */
  readonly with?: string;
  /** An image whose PCA basis is used instead of the shown one's. */
  readonly basis?: string;
  readonly patch?: PatchPosition[];
  readonly box?: PatchPosition[];
  readonly layer: string;
  /** Commander turns `--no-norm` into `norm: false`. */
  readonly norm: boolean;
  readonly preset: string;
  readonly signs: number;
  readonly order: string;
  readonly k: number;
  readonly seed: number;
  readonly token: string;
  readonly head: string;
  readonly side: number;
  readonly colormap: string;
  /** Over the photograph, at this opacity; absent, the map alone. */
  readonly overlay?: number;
}

export async function runMap(probeText: string, options: MapOptions): Promise<void> {
  const probe = oneOf("map", probeText, probeNames);
  const colormap = oneOf("--colormap", options.colormap, colormapNames);
  const size = parseInputSize(options.size);
  const layer = parseLayer(options.layer);
  const local = await openLocalSession(options);
  try {
    const refOf = (image: string): FeatureRef => ({
      model: local.model.id,
      image,
      size,
      layer,
      norm: options.norm,
    });
    const { id, decoded } = await local.openImage(options.image);
    const second = options.with === undefined ? undefined : await local.openImage(options.with);
    const basis = options.basis === undefined ? undefined : await local.openImage(options.basis);
    const ref = refOf(id);
    const fit = basis ? [refOf(basis.id)] : second ? [ref, refOf(second.id)] : [];
    const call = probeCall.parse(
      callOf(probe, options, { target: second && refOf(second.id), fit }),
    ) satisfies ProbeCall;
    const { geometry, result, elapsedMs } = await local.session.probe(ref, call, local.control);
    const photograph = probe === "cosine" && second ? second.decoded : decoded;
    const isOverlay = options.overlay !== undefined && result.maps[0]!.kind !== "matrix";
    const order = componentOrders.findIndex((sources) => sources.join("") === options.order);
    if (probe === "pca" && order < 0) {
      const known = componentOrders.map((sources) => sources.join("")).join(", ");
      throw invalid("--order", `one of ${known}`, options.order);
    }
    const png = await mapToPng(result.maps[0]!, geometry, {
      recipe: result.recipe,
      colormap,
      variant: { signs: options.signs, order: Math.max(0, order) },
      ...(isOverlay ? { photograph, opacity: options.overlay } : {}),
    });
    await writeOutput(options.out, png);
    report(options, result, elapsedMs);
  } finally {
    await local.dispose();
  }
}

function callOf(
  probe: (typeof probeNames)[number],
  options: MapOptions,
  { target, fit }: { target: FeatureRef | undefined; fit: FeatureRef[] },
): unknown {
  const { seed } = options;
  switch (probe) {
    case "cosine": {
      const queries = [...(options.patch ?? []), ...(options.box ?? [])];
      if (queries.length === 0) {
        throw new EngineError("option.invalid", "map cosine: expected a query, received none", {
          hint: "Name a patch with --patch ROW,COL, or a box with --box ROW,COL,ROW,COL.",
        });
      }
      return { probe, options: { queries, ...(target ? { target } : {}) } };
    }
    case "pca":
      return { probe, options: { preset: oneOf("--preset", options.preset, pcaPresets), fit } };
    case "gram": {
      const order = options.order === "cluster" ? "cluster" : "raster";
      return { probe, options: { order, clusters: options.k, side: options.side, seed } };
    }
    case "kmeans":
      return { probe, options: { k: options.k, seed } };
    case "attention":
      return { probe, options: { token: tokenOf(options.token), head: headOf(options.head) } };
    case "norm":
    case "cls":
    case "foreground":
      return { probe, options: {} };
  }
}

/** `cls`, `register:2` or `ROW,COL`. */
function tokenOf(text: string): unknown {
  if (text === "cls") return { kind: "cls" };
  const register = /^register:(\d+)$/.exec(text);
  if (register) return { kind: "register", index: Number(register[1]) };
  if (/^\d+,\d+$/.test(text)) return { kind: "patch", patch: parsePatch(text) };
  throw invalid("--token", "cls, register:N or ROW,COL", text);
}

function headOf(text: string): number | "mean" {
  if (text === "mean") return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid("--head", "mean or a head counted from 0", text);
}

function report(
  { json, out }: MapOptions,
  result: {
    readonly numbers: readonly { label: string; value: number; unit: string }[];
    readonly recipe: readonly { label: string; text: string }[];
    readonly marks: readonly unknown[];
  },
  elapsedMs: number,
): void {
  const { numbers, recipe, marks } = result;
  if (json) {
    console.log(JSON.stringify({ out, elapsedMs: Math.round(elapsedMs), numbers, marks, recipe }));
    return;
  }
  console.log(`${out}: ${recipe.map(({ text }) => text).join(", ")}`);
  for (const { label, value, unit } of numbers) {
    console.log(`  ${label}: ${Number(value.toPrecision(5))}${unit === "" ? "" : ` ${unit}`}`);
  }
}
