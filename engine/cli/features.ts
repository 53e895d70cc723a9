/** `gramscope features`: the tokens of one image, as safetensors. */
import { formatInputSize, parseInputSize } from "../protocol/view.ts";
import type { FeatureMap } from "../probes/probe.ts";
import { blockName } from "../model/params.ts";
import { writeSafetensors, type TensorToWrite } from "../weights/write-safetensors.ts";
import { peakResidentBytes } from "./machine.ts";
import { openLocalSession } from "./local-session.ts";
import { parseLayer, type LookOptions } from "./options.ts";

export interface FeaturesOptions extends LookOptions {
  /** "last", "all" or a block counted from 0. */
  readonly layer: string;
  readonly out: string;
}

/**
 * Writes `cls` [d], `registers` [r, d] and `patches` [h * w, d] after the final norm; with layer
 * "all" also `blockKK.patches`, before the norm; of a ConvNeXt those of stage KK, of its own grid. The metadata hold grid, geometry and recipe.
 */
export async function runFeatures(options: FeaturesOptions): Promise<void> {
  const size = parseInputSize(options.size);
  const all = options.layer === "all";
  const layer = all ? "last" : parseLayer(options.layer);
  const local = await openLocalSession(options);
  try {
    const { id } = await local.openImage(options.image);
    const ref = { model: local.model.id, image: id, size } as const;
    const features = await local.session.features({ ...ref, layer, norm: true }, local.control);
    const { geometry, width, block } = features;
    const tensors: TensorToWrite[] = [
      { name: "cls", dtype: "F32", shape: [width], data: features.cls },
      tokens("registers", features, features.registers),
      tokens("patches", features, features.patches),
    ];
    for (let k = 0; all && k < local.model.depth; k++) {
      const before = await local.session.features({ ...ref, layer: k, norm: false }, local.control);
      tensors.push(tokens(`${blockName(k)}.patches`, before, before.patches));
    }
    const { rows, cols } = geometry.grid;
    await writeSafetensors(options.out, tensors, {
      grid: `${rows}x${cols}`,
      geometry: JSON.stringify(geometry),
      model: local.model.name,
      source: local.model.source,
      trained: String(local.model.trained),
      image: features.image,
      size: formatInputSize(size),
      block: String(block),
      norm: String(features.norm),
      rope: options.rope,
      executor: local.executors.find(({ chosen }) => chosen)!.name,
    });
    const written = tensors.map(({ name, shape }) => ({ name, shape }));
    const elapsedMs = Math.round(features.elapsedMs);
    if (options.json) {
      const peakMemoryBytes = await peakResidentBytes();
      const { out } = options;
      console.log(JSON.stringify({ out, geometry, tensors: written, elapsedMs, peakMemoryBytes }));
    } else {
      console.log(
        `${options.out}: ${rows}x${cols} patches of width ${width}, ${tensors.length} tensors, ${elapsedMs} ms`,
      );
    }
  } finally {
    await local.dispose();
  }
}

function tokens(name: string, { width }: FeatureMap, data: Float32Array): TensorToWrite {
  return { name, dtype: "F32", shape: [data.length / width, width], data };
}
