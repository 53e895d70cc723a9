/**
 * How the three upstreams spell the parameters of a ConvNeXt, as data in the form that names.ts looks up
 * (reference dinov3.md A.6). Stages have their numbers in the patterns; `#` is a block of one.
 */
import { modules, type NameTable } from "./name-table.ts";

const stages = [0, 1, 2, 3] as const;

/** Of every stage, what it is called upstream and here. */
function perStage(
  names: (stage: number) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.assign({}, ...stages.map(names)) as Record<string, string>;
}

/** The stem is a convolution and a norm; later reductions are a norm and a convolution. */
function reduction(module: string, k: number): Record<string, string> {
  const [convolution, norm] = k === 0 ? [0, 1] : [1, 0];
  return {
    [`${module}.${convolution}`]: `stage${k}.reduce`,
    [`${module}.${norm}`]: `stage${k}.reduce.norm`,
  };
}

function scales(blocks: (stage: number) => string): Readonly<Record<string, string>> {
  return perStage((k) => ({ [`${blocks(k)}.gamma`]: `stage${k}.block#.scale` }));
}

/** facebookresearch's ConvNeXt, and its DINOv3 after it. */
const official: NameTable = {
  source: "official ConvNeXt",
  params: {
    ...modules({
      ...perStage((k) => ({
        ...reduction(`downsample_layers.${k}`, k),
        [`stages.${k}.#.dwconv`]: `stage${k}.block#.conv`,
        [`stages.${k}.#.norm`]: `stage${k}.block#.norm`,
        [`stages.${k}.#.pwconv1`]: `stage${k}.block#.up`,
        [`stages.${k}.#.pwconv2`]: `stage${k}.block#.down`,
      })),
      norm: "norm",
    }),
    ...scales((k) => `stages.${k}.#`),
  },
  fused: {},
  // DINOv3's has its final norm twice.
  dropped: ["norms.*", "head.*"],
};

/** transformers' DINOv3ConvNextModel. */
const transformers: NameTable = {
  source: "transformers' ConvNeXt",
  params: {
    ...modules({
      ...perStage((k) => ({
        ...reduction(`stages.${k}.downsample_layers`, k),
        [`stages.${k}.layers.#.depthwise_conv`]: `stage${k}.block#.conv`,
        [`stages.${k}.layers.#.layer_norm`]: `stage${k}.block#.norm`,
        [`stages.${k}.layers.#.pointwise_conv1`]: `stage${k}.block#.up`,
        [`stages.${k}.layers.#.pointwise_conv2`]: `stage${k}.block#.down`,
      })),
      layer_norm: "norm",
    }),
    ...scales((k) => `stages.${k}.layers.#`),
  },
  fused: {},
  dropped: [],
};

const timm: NameTable = {
  source: "timm's ConvNeXt",
  params: {
    ...modules({
      ...perStage((k) => ({
        ...reduction(k === 0 ? "stem" : `stages.${k}.downsample`, k),
        [`stages.${k}.blocks.#.conv_dw`]: `stage${k}.block#.conv`,
        [`stages.${k}.blocks.#.norm`]: `stage${k}.block#.norm`,
        [`stages.${k}.blocks.#.mlp.fc1`]: `stage${k}.block#.up`,
        [`stages.${k}.blocks.#.mlp.fc2`]: `stage${k}.block#.down`,
      })),
      "head.norm": "norm",
    }),
    ...scales((k) => `stages.${k}.blocks.#`),
  },
  fused: {},
  dropped: ["head.fc.*"],
};

export const convNextTables: readonly NameTable[] = [official, transformers, timm];
