/** `gramscope map`: one probe over one image, as a PNG that carries its recipe. */
import { mapToPng } from "../probes/png.ts";
import { colormapNames } from "../protocol/colormap.ts";
import { probeNames } from "../protocol/probes.ts";
import { parseInputSize, type FeatureRef } from "../protocol/view.ts";
import { openLocalSession } from "./local-session.ts";
import { oneOf, parseLayer, type LookOptions } from "./options.ts";
import { callOf, variantOf, withImages, type ProbeCallOptions } from "./probe-call.ts";
import { writeOutput } from "./write-output.ts";

export interface MapOptions extends LookOptions, ProbeCallOptions {
  readonly out: string;
  /** A second image: the target of a cosine map, or part of a joint PCA. */
  readonly with?: string;
  /** An image whose PCA basis is used instead of the shown one's. */
  readonly basis?: string;
  readonly layer: string;
  /** Commander turns `--no-norm` into `norm: false`. */
  readonly norm: boolean;
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
