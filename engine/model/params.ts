/** The parameters of a backbone: our names for them and the shape each must have. */
import { traitsOf, type BackboneConfig, type VitConfig } from "./config.ts";
import { convNextShapes } from "./convnext-config.ts";

/** Name -> shape of every parameter, in file order: see {@link vitShapes} and convNextShapes. */
export function paramShapes(config: BackboneConfig): Record<string, readonly number[]> {
  return config.architecture === "convnext" ? convNextShapes(config) : vitShapes(config);
}

/**
 * Linear weights are [out, in].
 *
 *   patch.weight [d, 3, p, p]   patch.bias [d]   cls [1, 1, d]   registers [1, r, d]
 *   blockKK.norm1|norm2.weight|bias [d]
 *   blockKK.query|key|value|projection.weight [d, d] (.bias [d])
 *   blockKK.scale1|scale2 [d]                                   (LayerScale)
 *   blockKK.up.weight [h, d], .down.weight [d, h], SwiGLU also .gate.weight [h, d]
 *   norm.weight|bias [d]
 *
 * Of other families (model/traits.ts) also
 *   positions [1, (1 +) rows * cols, d]   before.weight|bias [d]   (norm before the first block)
 *   blockKK.relativeRows|relativeCols [2 s - 1, d / heads]   (s patches along a window or the picture)
 *
 * The mask token is a parameter of training and is not listed; `maskToken` names it.
 */
function vitShapes(config: VitConfig): Record<string, readonly number[]> {
  const { width: d, hidden: h, patch: p, registers, bias } = config;
  const traits = traitsOf(config);
  const { classToken, table, frames, patchOrder, windows } = traits;
  const shapes: Record<string, readonly number[]> = { "patch.weight": [d, 3, p, p] };
  if (patchOrder === "yxc") shapes["patch.weight"] = [d, p, p, 3];
  if (frames > 1) shapes["patch.weight"] = [d, 3, frames, p, p];
  if (traits.hasPatchBias) shapes["patch.bias"] = [d];
  if (classToken === "own") shapes["cls"] = [1, 1, d];
  const stored = registers + (classToken === "first register" ? 1 : 0);
  if (stored > 0) shapes["registers"] = [1, stored, d];
  if (table) shapes["positions"] = [1, (table.hasClass ? 1 : 0) + table.rows * table.cols, d];
  if (traits.isNormedBefore) {
    shapes["before.weight"] = [d];
    shapes["before.bias"] = [d];
  }
  for (let k = 0; k < config.depth; k++) {
    const block = blockName(k);
    const linear = (name: string, out: number, inner: number, hasBias: boolean) => {
      shapes[`${block}.${name}.weight`] = [out, inner];
      if (hasBias) shapes[`${block}.${name}.bias`] = [out];
    };
    const norm = (name: string) => {
      shapes[`${block}.${name}.weight`] = [d];
      shapes[`${block}.${name}.bias`] = [d];
    };
    const scale = (name: string) => {
      if (traits.hasLayerScale) shapes[`${block}.${name}`] = [d];
    };
    norm("norm1");
    linear("query", d, d, bias.query);
    linear("key", d, d, bias.key);
    linear("value", d, d, bias.value);
    linear("projection", d, d, bias.projection);
    if (windows && table) {
      const isWhole = windows.wholeBlocks.includes(k);
      const along = (name: string, size: number) => {
        shapes[`${block}.${name}`] = [2 * (isWhole ? size : windows.side) - 1, d / config.heads];
      };
      along("relativeRows", table.rows);
      along("relativeCols", table.cols);
    }
    scale("scale1");
    norm("norm2");
    if (config.feedForward === "swiglu") linear("gate", h, d, bias.feedForward);
    linear("up", h, d, bias.feedForward);
    linear("down", d, h, bias.feedForward);
    scale("scale2");
  }
  if (traits.hasFinalNorm) {
    shapes["norm.weight"] = [d];
    shapes["norm.bias"] = [d];
  }
  return shapes;
}

/** [1, 1, d] or [1, d]; read where a file has it, needed by training alone. */
export const maskToken = "mask";

/** "block00" for the first block. */
export function blockName(k: number): string {
  return `block${String(k).padStart(2, "0")}`;
}

/** Number of scalars in a backbone, without the mask token. */
export function countParameters(config: BackboneConfig): number {
  return Object.values(paramShapes(config)).reduce(
    (sum, shape) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
}
