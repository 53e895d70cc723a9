/**
 * How a model is written for other programs: whose names its tensors get, and what config.json says of
 * it; and which models are refused because those programs would compute something else.
 */
import type { VitConfig } from "../model/config.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { modelNames, type ModelNames, type WritableNames } from "../protocol/exporting.ts";
import { convNextFields, convNextForm } from "./convnext-form.ts";
import type { FamilyName } from "./families.ts";
import { familyWriting } from "./family-writing.ts";
import { timmConfigOf } from "./timm-config.ts";
import { officialForm } from "./official-form.ts";
import type { ModelToForm, WrittenForm } from "./written-form.ts";

type VitToForm = ModelToForm & { readonly config: VitConfig };

/** @throws EngineError "model.unknown" where programs that read such names compute something else */
export function writtenForm(model: ModelToForm, names: ModelNames): WrittenForm {
  const { config } = model;
  if (config.architecture === "convnext") return convNextForm({ ...model, config }, names);
  const vit = { ...model, config };
  if (names === "timm") return timmForm(vit);
  if (names === "official") return officialForm(vit);
  return config.traits ? familyForm(vit) : dinov3Form(vit);
}

/** Fields of config.json for a folder whose graph is what computes: of the nearest model. */
export function describingFields(model: ModelToForm): Readonly<Record<string, unknown>> {
  const { family, config } = model;
  if (config.architecture === "convnext") return convNextFields({ ...model, config });
  if (!config.traits) return dinov3Fields({ ...model, config });
  const nearest = family && familyWriting(family, config)?.json;
  return (
    nearest ?? {
      // By "sam" transformers.js looks for a prompt encoder and a mask decoder as well.
      model_type: family === "sam" ? "sam_vision_model" : (family ?? "vit"),
      hidden_size: config.width,
      num_hidden_layers: config.depth,
      num_attention_heads: config.heads,
      intermediate_size: config.hidden,
      patch_size: config.patch,
      num_channels: 3,
    }
  );
}

function timmForm({ name, config, preprocessor }: VitToForm): WrittenForm {
  const json = timmConfigOf(name, config, preprocessor);
  // timm's models are not trained with masks.
  return { json, spelling: "timm", shapes: paramShapes(config) };
}

function dinov3Form(model: VitToForm): WrittenForm {
  const { config } = model;
  const shapes = { ...paramShapes(config), [maskToken]: [1, 1, config.width] };
  return { json: dinov3Fields(model), spelling: "Hugging Face", shapes };
}

/** Why transformers' model of a family is not written. */
const others: Readonly<Partial<Record<FamilyName, string>>> = {
  pe: "transformers has no model of Perception Encoder's vision tower alone",
  radio: "transformers has no model of RADIO but its authors' own code",
  vJepa2: "transformers' VJEPA2Model numbers patches by the grid of its training pictures",
  sam: "transformers' SamVisionModel narrows the tokens by a neck, which Gramscope leaves out",
};

function familyForm(model: VitToForm): WrittenForm {
  const { name, family, config } = model;
  const writing = family && familyWriting(family, config);
  if (writing?.isExact) return writing;
  const why = writing
    ? `transformers' ${String(writing.json["model_type"])} is nearest to it and computes something else (the way in which positions are brought to another grid, or a setting that its config.json does not have)`
    : ((family && others[family]) ?? "transformers has no model of it that is written here");
  const onnx = "export ONNX: the graph holds everything that the encoder computes.";
  throw new EngineError("model.unknown", `${name}: ${why}`, {
    hint: isOfficial(model) ? `Take --names official, or ${onnx}` : `Instead ${onnx}`,
  });
}

function isOfficial(model: VitToForm): boolean {
  try {
    officialForm(model);
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

/** Names that a model can be written in, and why it cannot in the others. */
export function writableNames(model: ModelToForm): readonly WritableNames[] {
  return modelNames.map((names) => {
    try {
      writtenForm(model, names);
      return { names };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { names, refusal: error.message };
    }
  });
}

/** Every field of DINOv3ViTConfig that a saved model has. */
function dinov3Fields({ config, preprocessor }: VitToForm) {
  const { bias, feedForward } = config;
  const { size } = preprocessor;
  return {
    architectures: ["DINOv3ViTModel"],
    attention_dropout: 0,
    drop_path_rate: 0,
    hidden_act: feedForward === "swiglu" ? "silu" : "gelu",
    hidden_size: config.width,
    image_size: "shortestEdge" in size ? size.shortestEdge : size.height,
    initializer_range: 0.02,
    intermediate_size: config.hidden,
    key_bias: bias.key,
    layer_norm_eps: config.normEpsilon,
    layerscale_value: 1,
    mlp_bias: bias.feedForward,
    model_type: "dinov3_vit",
    num_attention_heads: config.heads,
    num_channels: 3,
    num_hidden_layers: config.depth,
    num_register_tokens: config.registers,
    patch_size: config.patch,
    pos_embed_jitter: null,
    pos_embed_rescale: 2,
    pos_embed_shift: null,
    proj_bias: bias.projection,
    query_bias: bias.query,
    rope_theta: config.ropeTheta,
    use_gated_mlp: feedForward === "swiglu",
    value_bias: bias.value,
  };
}
