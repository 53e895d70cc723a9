/** Any backbone as an ONNX graph that takes any number of pictures of any size in whole patches. */
import type { BackboneConfig } from "../model/config.ts";
import { convNextGraph } from "./convnext-graph.ts";
import type { GraphOptions } from "./network-parts.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { vitGraph } from "./vit-graph.ts";

export interface BackboneGraphOptions extends GraphOptions {
  readonly config: BackboneConfig;
}

/**
 * Input: `pixel_values` float32 [batch, 3, height, width], normalised. Outputs, float32, after the
 * final norm: `last_hidden_state` [batch, tokens, d], and of it `cls` and `pooler_output` [batch, d]
 * (the same; the second is the name that transformers has for it), `registers` [batch, r, d] and
 * `patches` [batch, height / p * width / p, d], row-major. Without a class token `cls` is the mean of
 * the patches; of a ConvNeXt it is the norm of their mean.
 */
export function backboneGraph({ config, ...options }: BackboneGraphOptions): OnnxGraph {
  return config.architecture === "convnext"
    ? convNextGraph({ ...options, config })
    : vitGraph({ ...options, config });
}
