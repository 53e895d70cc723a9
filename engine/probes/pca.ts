/** Three principal components as red, green and blue, in the looks that people try to repeat. */
import { EngineError } from "../protocol/errors.ts";
import type { PcaPreset, ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { foregroundRule, separateForeground } from "./foreground.ts";
import { maskMap, rgbMap } from "./maps.ts";
import { explainedRatios, fitPrincipal, project, type PrincipalBasis } from "./principal.ts";
import { patchRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { describe, figure, recipeOf } from "./recipe.ts";
import { pickRows, type Rows } from "./rows.ts";

const channels = 3;

const presetTexts: Record<PcaPreset, string> = {
  raw: "raw: centred; each component from its least to its largest value over the fitted patches",
  whitened: "whitened: centred; sigmoid(2 z), z = component / standard deviation",
  foreground: "foreground: as whitened, fitted on the foreground alone; the rest left out",
};

/**
 * With `fit`, basis and colour scale come from those maps alone, so pictures that share a fit share
 * their colours; values beyond the fitted range are clipped.
 *
 * @throws EngineError "option.invalid" for a fit map of another width
 */
export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  options: ProbeOptions<"pca">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const { preset } = options;
  const fitted = await fittedMaps(features, options.fit, context);
  const mask = preset === "foreground" ? await foregroundMask(features, context) : undefined;
  const sets: Rows[] = [];
  for (const map of fitted) {
    context.progress(0.2 + (0.4 * sets.length) / fitted.length, "Fitting the basis");
    sets.push(await rowsToFit(map, features, preset, mask, context));
  }
  const basis = await fitPrincipal(sets, features.width, channels, context);
  context.progress(0.8, "Colouring");
  const values = await project(patchRows(features), basis, context);
  const colour =
    preset === "raw"
      ? minMaxColour(await projectAll(sets, features, values, basis, context), basis)
      : whitenedColour(basis);
  const rgb = Float32Array.from(values, (value, i) =>
    mask?.[Math.floor(i / channels)] === 0 ? NaN : colour(value, i % channels),
  );

  const ratios = explainedRatios(basis);
  const { grid } = features.geometry;
  return {
    probe: "pca",
    maps: [
      rgbMap(`PCA, ${preset}`, grid, rgb),
      ...(mask ? [maskMap("foreground", grid, mask)] : []),
    ],
    tokens: [],
    marks: [],
    numbers: [
      ...ratios.map((ratio, k) => figure(`component ${k + 1}`, 100 * ratio, "% of variance")),
      figure("together", 100 * ratios.reduce((sum, ratio) => sum + ratio, 0), "% of variance"),
      figure("fitted on", basis.samples, "patches"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "PCA, components 1, 2, 3 as red, green, blue"],
      ["Preset", presetTexts[preset]],
      ["Basis", describeBasis(options.fit, fitted)],
      ["Sign", "the loading of largest magnitude is positive"],
      ...(preset === "foreground" ? [["Foreground", foregroundRule] as const] : []),
      ...(basis.converged ? [] : [["Note", "the components did not converge fully"] as const]),
    ]),
    coordinates: toWireTensor(values, [values.length / channels, channels]),
  };
}

async function fittedMaps(
  features: FeatureMap,
  fit: readonly FeatureRef[],
  context: ProbeContext,
): Promise<FeatureMap[]> {
  if (fit.length === 0) return [features];
  const maps: FeatureMap[] = [];
  for (const ref of fit) {
    context.progress((0.2 * maps.length) / fit.length, "Features of the fitted images");
    const map = await context.features(ref);
    if (map.width !== features.width) {
      throw new EngineError(
        "option.invalid",
        `fit: expected features of width ${features.width} as ${describe(features)}, ` +
          `received ${map.width} from ${describe(map)}`,
        { hint: "A basis can be shared only between models of one width." },
      );
    }
    maps.push(map);
  }
  return maps;
}

async function foregroundMask(features: FeatureMap, context: ProbeContext): Promise<Uint8Array> {
  return (await separateForeground(features, context)).mask;
}

async function rowsToFit(
  map: FeatureMap,
  shown: FeatureMap,
  preset: PcaPreset,
  shownMask: Uint8Array | undefined,
  context: ProbeContext,
): Promise<Rows> {
  const rows = patchRows(map);
  if (preset !== "foreground") return rows;
  const mask = map === shown && shownMask ? shownMask : await foregroundMask(map, context);
  return pickRows(
    rows,
    Array.from(mask.keys()).filter((index) => mask[index] === 1),
  );
}

type Colour = (value: number, component: number) => number;

/** @param shownValues the shown map in the basis already */
async function projectAll(
  sets: readonly Rows[],
  shown: FeatureMap,
  shownValues: Float32Array,
  basis: PrincipalBasis,
  context: ProbeContext,
): Promise<Float32Array[]> {
  const projected: Float32Array[] = [];
  for (const rows of sets) {
    const isShown = rows.data === shown.patches;
    projected.push(isShown ? shownValues : await project(rows, basis, context));
  }
  return projected;
}

/** 0.5 is the middle of the fitted range, so that a flipped sign is exactly 1 minus the colour. */
function minMaxColour(projected: readonly Float32Array[], basis: PrincipalBasis): Colour {
  const low = new Array<number>(channels).fill(Infinity);
  const high = new Array<number>(channels).fill(-Infinity);
  for (const values of projected) {
    values.forEach((value, i) => {
      low[i % channels] = Math.min(low[i % channels]!, value);
      high[i % channels] = Math.max(high[i % channels]!, value);
    });
  }
  return (value, k) => {
    const span = high[k]! - low[k]!;
    if (!(span > 0) || basis.variances[k] === 0) return 0.5;
    const middle = (high[k]! + low[k]!) / 2;
    return Math.min(1, Math.max(0, 0.5 + (value - middle) / span));
  };
}

function whitenedColour({ variances }: PrincipalBasis): Colour {
  return (value, k) => {
    const variance = variances[k]!;
    return variance > 0 ? 1 / (1 + Math.exp((-2 * value) / Math.sqrt(variance))) : 0.5;
  };
}

function describeBasis(fit: readonly FeatureRef[], fitted: readonly FeatureMap[]): string {
  if (fit.length === 0) return "fitted on this image";
  const names = fitted.map(describe).join("; ");
  return fitted.length === 1
    ? `fitted on ${names}`
    : `fitted jointly on ${fitted.length} maps: ${names}`;
}
