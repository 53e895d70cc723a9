/** Which tokens of an image are written, in which precision, and as arrays of which shapes. */
import { firstNotFinite, toFloat16 } from "../executors/float-formats.ts";
import type { FeatureMap } from "../probes/probe.ts";
import { EngineError } from "../protocol/errors.ts";

/**
 * cls [d], registers [r, d], patches [h*w, d] row-major, mean [d] of the patches, all: every token in
 * the model's order, CLS, registers, patches.
 */
export const tokenChoices = ["cls", "patches", "registers", "mean", "all"] as const;
export type TokenChoice = (typeof tokenChoices)[number];

/** What "all" is where every kind has an array of its own. */
export const separateKinds = ["cls", "registers", "patches"] as const;

export const featurePrecisions = ["fp32", "fp16"] as const;
export type FeaturePrecision = (typeof featurePrecisions)[number];

export interface TokenArray {
  readonly name: TokenChoice;
  /** [d] or [tokens, d] */
  readonly shape: readonly number[];
  /** float32, or the bits of float16. */
  readonly values: Float32Array | Uint16Array;
}

/** What is written of one image. */
export interface ImageFeatures {
  /** Path below the folder, with forward slashes. */
  readonly name: string;
  readonly grid: { readonly rows: number; readonly cols: number };
  readonly arrays: readonly TokenArray[];
}

/**
 * @param name of the image
 * @param isOneArray whether "all" is to be one array; else it is one of each kind
 * @throws EngineError "option.invalid" for registers of a model that has none, and for values beyond
 *   float16
 */
export function imageFeatures(
  name: string,
  features: FeatureMap,
  choice: TokenChoice,
  { precision, isOneArray }: { precision: FeaturePrecision; isOneArray: boolean },
): ImageFeatures {
  const { cls, registers, patches, width, geometry } = features;
  const rows = (values: Float32Array) => [values.length / width, width];
  const kinds = {
    cls: () => ({ shape: [width], values: cls }),
    registers: () => ({ shape: rows(registers), values: registers }),
    patches: () => ({ shape: rows(patches), values: patches }),
    mean: () => ({ shape: [width], values: meanOf(patches, width) }),
    all: () => {
      const values = joined([cls, registers, patches]);
      return { shape: rows(values), values };
    },
  };
  if (choice === "registers" && registers.length === 0) {
    throw new EngineError("option.invalid", `--tokens registers: ${features.model.name} has none`);
  }
  const each = separateKinds.filter((kind) => kind !== "registers" || registers.length > 0);
  const names = choice === "all" && !isOneArray ? each : [choice];
  const arrays = names.map((kind) => {
    const { shape, values } = kinds[kind]();
    return { name: kind, shape, values: precision === "fp16" ? halves(values, name) : values };
  });
  return { name, grid: geometry.grid, arrays };
}

/** @throws EngineError "option.invalid" where a value becomes infinite */
function halves(values: Float32Array, image: string): Uint16Array {
  const bits = toFloat16(values);
  const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength & ~3);
  const first = firstNotFinite(bytes, "F16");
  const last = bits.at(-1) ?? 0;
  const index = first >= 0 ? first : (last & 0x7c00) === 0x7c00 ? bits.length - 1 : -1;
  if (index < 0) return bits;
  throw new EngineError(
    "option.invalid",
    `${image}: a value of ${values[index]!.toPrecision(4)} does not fit into float16, which ends at 65504`,
    { hint: "Use --precision fp32." },
  );
}

/** @returns [d], each the mean of its column, summed in double precision */
function meanOf(patches: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < patches.length; i++) sums[i % width]! += patches[i]!;
  return Float32Array.from(sums, (sum) => (sum * width) / patches.length);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
