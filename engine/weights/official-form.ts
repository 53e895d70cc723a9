/**
 * Vision transformers under the names of their authors' own code, as its load_state_dict takes them
 * (reference dinov3.md A.6 and B.2). Heads are no part of an encoder: where the code asks for one, it is
 * what is missing.
 */
import { isDeepStrictEqual } from "node:util";
import { traitsOf, type VitConfig } from "../model/config.ts";
import { blockName, maskToken, paramShapes } from "../model/params.ts";
import { ropePeriods } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { deriveShape } from "./derive-shape.ts";
import { families, type FamilyName } from "./families.ts";
import { deriveFamily } from "./family-shape.ts";
import type { Spelling } from "./name-table.ts";
import { nameParams, type NamedParams, type NamedTensor } from "./name-params.ts";
import { spelledTensors } from "./spelled-tensors.ts";
import type { ModelToForm, WrittenForm } from "./written-form.ts";

type VitToForm = ModelToForm & { readonly config: VitConfig };

interface Upstream {
  readonly spelling: Spelling;
  /** Of a mask token, which the code asks for. */
  readonly hasMask?: boolean;
}

const dinov2: Upstream = { spelling: "official ViT", hasMask: true };
const plain: Upstream = { spelling: "official ViT" };
const openClip: Upstream = { spelling: "OpenCLIP" };

/** Whose code takes a state dict of the encoder alone; of the others, why it does not. */
const upstreams: Readonly<Record<FamilyName, Upstream | string>> = {
  dinov2,
  franca: dinov2,
  webDino: dinov2,
  dino: plain,
  mae: plain,
  iJepa: plain,
  vJepa2: plain,
  openClip,
  pe: openClip,
  clip: "OpenAI's code reads its own archives, with the text tower",
  vit: "whose it is, is not known",
  siglip: "its authors' code is written in JAX",
  siglip2: "its authors' code is written in JAX",
  radio: "its code reads what lies around the encoder too, which Gramscope leaves out",
  sam: "its code narrows the tokens by a neck, which Gramscope leaves out",
  dinov3ConvNext: "it is no vision transformer",
  convNext: "it is no vision transformer",
};

/** @throws EngineError "model.unknown" where the code would compute something else, or is not there */
export function officialForm(model: VitToForm): WrittenForm {
  return model.config.traits ? familyForm(model) : dinov3Form(model);
}

function familyForm(model: VitToForm): WrittenForm {
  const { name, family, config } = model;
  const upstream = family ? upstreams[family] : "whose it is, is not known";
  if (typeof upstream === "string") throw refuse(model, `no official names: ${upstream}`);
  const { spelling, hasMask = false } = upstream;
  const shapes = shapesOf(config, spelling);
  const form: WrittenForm = {
    json: {},
    marker: { family, heads: config.heads },
    spelling,
    shapes: hasMask ? { ...shapes, [maskToken]: [1, config.width] } : shapes,
    beside: family === "openClip" ? { "open_clip_config.json": openClipConfig(config) } : {},
  };
  const isQuickGelu = traitsOf(config).activation === "gelu sigmoid";
  const hints = { called: "", family, heads: config.heads, isQuickGelu };
  const found = deriveFamily(named(form, name, config), hints, name);
  if (isDeepStrictEqual(found?.config, config)) return form;
  throw refuse(
    model,
    `its authors' code of ${families[family!].title} computes something else (the way in which positions are brought to another grid, or a setting that it does not have)`,
  );
}

/** OpenCLIP's are a vector and a matrix. */
function shapesOf(config: VitConfig, spelling: Spelling): WrittenForm["shapes"] {
  const shapes = paramShapes(config);
  if (spelling !== openClip.spelling) return shapes;
  const { cls, positions, ...others } = shapes;
  return {
    ...(cls ? { cls: [config.width] } : {}),
    ...(positions ? { positions: positions.slice(1) } : {}),
    ...others,
  };
}

function openClipConfig(config: VitConfig) {
  const { width, depth, heads, hidden, patch } = config;
  const { table, activation } = traitsOf(config);
  return {
    model_cfg: {
      quick_gelu: activation === "gelu sigmoid",
      vision_cfg: {
        image_size: (table?.rows ?? 0) * patch,
        layers: depth,
        width,
        head_width: width / heads,
        mlp_ratio: hidden / width,
        patch_size: patch,
      },
    },
  };
}

/** Biases of queries, keys and values are one tensor, whose part of the keys is masked. */
function dinov3Form(model: VitToForm): WrittenForm {
  const { config } = model;
  const { width: d, bias, depth } = config;
  const isMasked = bias.query && bias.value && !bias.key;
  const isAsCode = bias.query === bias.value && (isMasked || bias.key === bias.query);
  if (!isAsCode) throw refuse(model, "the official code has no such biases of queries and keys");
  const blocks = Array.from({ length: depth }, (_, k) => k);
  const keyBiases = isMasked ? blocks.map((k) => `${blockName(k)}.key.bias`) : [];
  const mask = () =>
    Float32Array.from({ length: 3 * d }, (_, i) => (Math.floor(i / d) === 1 ? 0 : 1));
  const periods = ropePeriods(config, "fp32");
  const form: WrittenForm = {
    json: {},
    marker: { heads: config.heads },
    spelling: "official",
    shapes: {
      ...paramShapes(config),
      ...Object.fromEntries(keyBiases.map((name) => [name, [d]])),
      [maskToken]: [1, d],
    },
    usual: Object.fromEntries(keyBiases.map((name) => [name, () => new Float32Array(d)])),
    computed: {
      "rope_embed.periods": { shape: [periods.length], values: () => Float32Array.from(periods) },
      ...Object.fromEntries(
        (isMasked ? blocks : []).map((k) => [
          `blocks.${k}.attn.qkv.bias_mask`,
          { shape: [3 * d], values: mask },
        ]),
      ),
    },
  };
  const asRead = named(form, model.name, config);
  const found = new Map([...asRead.found].filter(([name]) => !keyBiases.includes(name)));
  const read = deriveShape({ ...asRead, found }, { ropeTheta: config.ropeTheta }, model.name);
  if (isDeepStrictEqual(read, config)) return form;
  throw refuse(model, "the official code has another epsilon of its norms, or other heads");
}

/** What a reader makes of the names. */
function named(
  { shapes, spelling, computed = {} }: WrittenForm,
  where: string,
  config: VitConfig,
): NamedParams<NamedTensor> {
  const params = Object.entries(shapes).map(([name, shape]) => {
    return { name, shape, dtype: "F32" as const, data: new Float32Array() };
  });
  const isGated = config.feedForward === "swiglu";
  const more = Object.entries(computed).map(([name, { shape }]) => ({ name, shape, dtype: "F32" }));
  return nameParams([...spelledTensors(params, spelling, { isGated }), ...more], "", where);
}

function refuse({ name }: ModelToForm, problem: string): EngineError {
  return new EngineError("model.unknown", `${name}: ${problem}`, {
    hint: "Leave --names out, for the names of transformers, or export ONNX: the graph holds everything that the encoder computes.",
  });
}
