/** A ConvNeXt as transformers', timm's and its authors' programs have it: config.json and names. */
import {
  convNextConfig,
  convNextShapes,
  recogniseConvNext,
  type ConvNextConfig,
  type ConvNextName,
} from "../model/convnext-config.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ModelNames } from "../protocol/exporting.ts";
import { convNextModelType } from "./hf-config.ts";
import { timmPretrained } from "./timm-config.ts";
import type { ModelToForm, WrittenForm } from "./written-form.ts";

export type ConvNextToWrite = ModelToForm & { readonly config: ConvNextConfig };

/** @throws EngineError "model.unknown" for names under which others would compute something else */
export function convNextForm(model: ConvNextToWrite, names: ModelNames): WrittenForm {
  const { name, family, config } = model;
  const shapes = convNextShapes(config);
  const isDinov3 = family === "dinov3ConvNext";
  switch (names) {
    case "transformers":
      if (!isDinov3) {
        throw refuse(
          `${name}: transformers' DINOv3ConvNextModel is DINOv3's, and its ConvNextModel gives maps before the final norm`,
          "Write it with --names timm or --names official, or export ONNX.",
        );
      }
      return {
        json: convNextFields(model),
        spelling: "transformers' ConvNeXt",
        shapes,
      };
    case "timm":
      requireUsualNorm(model, "timm's");
      return { json: timmFields(model, isDinov3), spelling: "timm's ConvNeXt", shapes };
    case "official":
      requireUsualNorm(model, "the official");
      return {
        json: {},
        spelling: "official ConvNeXt",
        shapes,
        // DINOv3's code has its final norm twice, and asks for both.
        again: isDinov3 ? { "norms.3.weight": "norm.weight", "norms.3.bias": "norm.bias" } : {},
      };
  }
}

/** Every field of DINOv3ConvNextConfig that a saved model has. */
export function convNextFields({ config, preprocessor }: ConvNextToWrite) {
  const { size } = preprocessor;
  return {
    architectures: ["DINOv3ConvNextModel"],
    depths: config.blocks,
    drop_path_rate: 0,
    hidden_act: "gelu",
    hidden_sizes: config.widths,
    image_size: "shortestEdge" in size ? size.shortestEdge : size.height,
    initializer_range: 0.02,
    layer_norm_eps: config.normEpsilon,
    layer_scale_init_value: 1e-6,
    model_type: convNextModelType,
    num_channels: 3,
  };
}

/** In the layout of timm's hub. */
function timmFields({ config, preprocessor }: ConvNextToWrite, isDinov3: boolean) {
  const released = recogniseConvNext(config);
  const { widths, blocks, width } = config;
  return {
    // "dinov3_convnext_tiny" is timm's "convnext_tiny".
    architecture: (released ?? smallest).slice("dinov3_".length),
    num_classes: 0,
    num_features: width,
    ...(released ? {} : { model_args: { depths: blocks, dims: widths } }),
    pretrained_cfg: {
      ...timmPretrained(preprocessor),
      ...(isDinov3 ? { tag: "dinov3_lvd1689m" } : {}),
      pool_size: [7, 7],
      first_conv: "stem.0",
      classifier: "head.fc",
    },
  };
}

const smallest: ConvNextName = "dinov3_convnext_tiny";

/** Others than transformers have it in their code. */
function requireUsualNorm({ name, config }: ConvNextToWrite, whose: string): void {
  const usual = convNextConfig(config.widths, config.blocks).normEpsilon;
  if (config.normEpsilon === usual) return;
  throw refuse(
    `${name}: expected norms with an epsilon of ${usual}, as ${whose} ConvNeXt has them; received ${config.normEpsilon}`,
    "Leave --names out, for the names of transformers, whose config.json says it.",
  );
}

function refuse(message: string, hint: string): EngineError {
  return new EngineError("model.unknown", message, { hint });
}
