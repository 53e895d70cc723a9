/** `gramscope map`: one probe over one image, as a PNG that carries its recipe. */
import { mapToPng } from "../probes/png.ts";
import { colormapNames } from "../protocol/colormap.ts";
import { EngineError } from "../protocol/errors.ts";
import type { PatchPosition } from "../protocol/geometry.ts";
import { componentOrders, plainVariant, type PcaVariant } from "../protocol/pca-variant.ts";
import {
  pcaPresets,
  probeCall,
  probeNames,
  type ProbeCall,
  type ProbeName,
} from "../protocol/probes.ts";
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
  readonly order?: string;
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
  const asked = callOf(probe, options);
  const variant = variantOf(probe, options);
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
    const call = withImages(asked, { target: second && refOf(second.id), fit });
    const { geometry, result, elapsedMs } = await local.session.probe(ref, call, local.control);
    const photograph = probe === "cosine" && second ? second.decoded : decoded;
    const isOverlay = options.overlay !== undefined && result.maps[0]!.kind !== "matrix";
    const png = await mapToPng(result.maps[0]!, geometry, {
      recipe: result.recipe,
      colormap,
      variant,
      ...(isOverlay ? { photograph, opacity: options.overlay } : {}),
    });
    await writeOutput(options.out, png);
    report(options, result, elapsedMs);
  } finally {
    await local.dispose();
  }
}

/** The probe's own options, checked before anything is opened. */
function callOf(probe: ProbeName, options: MapOptions): ProbeCall {
  const parsed = probeCall.safeParse({ probe, options: probeOptionsOf(probe, options) });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new EngineError("option.invalid", `map ${probe}, ${path.slice(1).join(".")}: ${message}`);
}

function probeOptionsOf(probe: ProbeName, options: MapOptions): unknown {
  const { seed } = options;
  switch (probe) {
    case "cosine": {
      const queries = [...(options.patch ?? []), ...(options.box ?? [])];
      if (queries.length === 0) {
        throw new EngineError("option.invalid", "map cosine: expected a query, received none", {
          hint: "Name a patch with --patch ROW,COL, or a box with --box ROW,COL,ROW,COL.",
        });
      }
      return { queries };
    }
    case "pca":
      return { preset: oneOf("--preset", options.preset, pcaPresets) };
    case "gram": {
      const order = oneOf("--order", options.order ?? "raster", ["raster", "cluster"]);
      return { order, clusters: options.k, side: options.side, seed };
    }
    case "kmeans":
      return { k: options.k, seed };
    case "attention":
      return { token: tokenOf(options.token), head: headOf(options.head) };
    case "norm":
    case "cls":
    case "foreground":
      return {};
  }
}

/** The other images that a call speaks of, known once they are open. */
function withImages(
  call: ProbeCall,
  { target, fit }: { target: FeatureRef | undefined; fit: FeatureRef[] },
): ProbeCall {
  if (call.probe === "cosine") return { ...call, options: { ...call.options, target } };
  if (call.probe === "pca") return { ...call, options: { ...call.options, fit } };
  return call;
}

function variantOf(probe: ProbeName, { signs, order }: MapOptions): PcaVariant {
  if (probe !== "pca") return plainVariant;
  const known = componentOrders.map((sources) => sources.join(""));
  return { signs, order: known.indexOf(oneOf("--order", order ?? "012", known)) };
}

/** `cls`, `register:2` or `ROW,COL`. */
function tokenOf(text: string): unknown {
  if (text === "cls") return { kind: "cls" };
  const register = /^register:(\d{1,9})$/.exec(text);
  if (register) return { kind: "register", index: Number(register[1]) };
  if (/^\d+,\d+$/.test(text)) return { kind: "patch", patch: parsePatch(text) };
  throw invalid("--token", "cls, register:N or ROW,COL", text);
}

function headOf(text: string): number | "mean" {
  if (text === "mean") return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
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
