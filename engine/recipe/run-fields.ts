/** Settings of a recipe that say what runs, for how long, on which model, and what it leaves behind. */
import {
  boolean,
  choice,
  choiceOrObject,
  integer,
  list,
  number,
  object,
  orNull,
  text,
} from "./field.ts";

export const runKinds = ["pretrain", "refine", "adapt", "distill"] as const;
export type RunKind = (typeof runKinds)[number];

export const presetNames = [
  "laptop-pretrain",
  "laptop-refine",
  "laptop-adapt",
  "laptop-distill",
  "rebased-gram",
  "default-code",
  "vitl-im1k-code",
  "7b-pretrain-code",
  "7b-pretrain-paper",
  "7b-gram-code",
  "7b-gram-paper",
  "7b-high-resolution-code",
  "7b-high-resolution-paper",
  "vitl-distilled-code",
] as const;
export type PresetName = (typeof presetNames)[number];

/** Named variants, by their hub names (dinov3.md A.1). */
export const modelNames = [
  "dinov3_vits16",
  "dinov3_vits16plus",
  "dinov3_vitb16",
  "dinov3_vitl16",
  "dinov3_vitl16plus",
  "dinov3_vith16plus",
  "dinov3_vit7b16",
] as const;

const local = "local choice";
const a1 = "dinov3.md A.1";

const modelParts = {
  width: integer({
    group: "run",
    default: 192,
    range: [8, 8192],
    unit: "channels",
    source: a1,
    help: "Width of a token. A multiple of 4 times the heads.",
  }),
  depth: integer({
    group: "run",
    default: 12,
    range: [1, 128],
    unit: "blocks",
    source: a1,
    help: "Number of transformer blocks.",
  }),
  heads: integer({
    group: "run",
    default: 3,
    range: [1, 128],
    source: a1,
    help: "Attention heads; 64 channels each in every released model but the 7B.",
  }),
  hidden: integer({
    group: "run",
    default: 768,
    range: [8, 65_536],
    unit: "channels",
    source: a1,
    help: "Width inside the feed-forward, per branch for SwiGLU; 4 times the width as a rule.",
  }),
  feedForward: choice({
    group: "run",
    default: "mlp",
    choices: ["mlp", "swiglu"],
    source: a1,
    help: "Two linear maps around a GELU, or SwiGLU.",
  }),
  patch: integer({
    group: "run",
    default: 16,
    range: [1, 64],
    unit: "pixels",
    source: a1,
    help: "Side of a patch.",
  }),
  registers: integer({
    group: "run",
    default: 4,
    range: [0, 64],
    unit: "tokens",
    source: a1,
    help: "Register tokens between CLS and the patches.",
  }),
};

const model = choiceOrObject({
  group: "run",
  default: "dinov3_vits16",
  choices: modelNames,
  parts: modelParts,
  source: a1,
  help: "A named variant, or its shape written out. null: the shape of the weights in init.",
});

const init = text({
  group: "run",
  default: "weights",
  source: "dinov3.md A.4, design.md section 4",
  help: "Weights to start from: a model directory, a checkpoint, hf:ORG/NAME, or one safetensors with student.*, teacher.* and gram.*. null: random weights.",
});

export const runFields = {
  kind: choice({
    group: "run",
    default: "pretrain",
    choices: runKinds,
    source: "paper, sections 3 to 5",
    help: "pretrain: L_Pre. refine: with Gram anchoring. adapt: mixed high resolutions. distill: towards a fixed teacher.",
  }),
  preset: orNull(
    choice({
      group: "run",
      default: "laptop-pretrain",
      choices: presetNames,
      source: "dinov3.md C.7",
      help: "Values that stand below the ones written in this recipe. null: the defaults.",
    }),
  ),
  seed: integer({
    group: "run",
    default: 0,
    range: [0, 4_294_967_295],
    source: "dinov3.md H.4",
    help: "Key of every random draw: crops, masks, RoPE, drop path, fresh weights.",
  }),
  steps: integer({
    group: "run",
    default: 1000,
    range: [1, 100_000_000],
    unit: "steps",
    source: local,
    help: "Optimiser steps of the run, warm-up of heads not counted.",
  }),
  batchSize: integer({
    group: "run",
    default: 8,
    range: [1, 65_536],
    unit: "images",
    source: local,
    help: "Images in one pass. Losses over the batch (Sinkhorn, KoLeo) see this many.",
  }),
  accumulate: integer({
    group: "run",
    default: 1,
    range: [1, 4096],
    unit: "passes",
    source: "issue 4",
    help: "Passes whose gradients are averaged into one step; the effective batch is this times batchSize.",
  }),
  model: orNull(model),
  init: orNull(init),
  layerScale: number({
    group: "run",
    default: 1e-5,
    range: [1e-8, 1],
    source: "dinov3.md A.1",
    help: "LayerScale of a model of random weights. A short run learns little with 1e-5.",
  }),
  recompute: boolean({
    group: "run",
    default: false,
    source: "dinov3.md A.4, checkpointing",
    help: "Keep only the input of each block and compute its inside again for the gradient: less memory, about a third more work.",
  }),
  headWarmupSteps: integer({
    group: "run",
    default: 0,
    range: [0, 10_000_000],
    unit: "steps",
    source: "design.md section 6",
    help: "Steps that train fresh heads on the frozen backbone before the run starts. For a bare backbone.",
  }),
  headLearningRate: number({
    group: "run",
    default: 1e-3,
    range: [0, 1],
    source: local,
    help: "Peak learning rate of that warm-up, constant after its first tenth.",
  }),
  teacher: orNull(
    text({
      group: "distillation",
      default: "teacher",
      source: "dinov3.md D",
      help: "The fixed model that is distilled: a path, or hf:ORG/NAME. null: none.",
    }),
  ),
  students: list(
    object({
      group: "distillation",
      source: "dinov3.md D",
      help: "One student.",
      parts: {
        name: text({
          group: "distillation",
          default: "student",
          source: "dinov3.md D",
          help: "Its folder in the run; different for each.",
        }),
        model: orNull(model),
        init: orNull(init),
      },
    }),
    {
      group: "distillation",
      range: [0, 16],
      source: "dinov3.md D, multi-distillation",
      help: "Several students that share the teacher's inference. Empty: one, of model and init.",
    },
  ),
  distillBy: choice({
    group: "distillation",
    default: "auto",
    choices: ["auto", "prototypes", "features"],
    source: "dinov3.md D; design.md section 6",
    help: "Through the teacher's prototypes, or by matching features; auto takes prototypes where the teacher has heads.",
  }),
  featureLoss: choice({
    group: "distillation",
    default: "cosine",
    choices: ["cosine", "mse"],
    source: "dinov3.md D, option (a)",
    help: "Distance between projected student features and the teacher's.",
  }),
  featurePatchWeight: number({
    group: "distillation",
    default: 1,
    range: [0, 1000],
    source: "dinov3.md D, option (a)",
    help: "Weight of the patch features.",
  }),
  featureClsWeight: number({
    group: "distillation",
    default: 1,
    range: [0, 1000],
    source: "dinov3.md D, option (a)",
    help: "Weight of the CLS feature.",
  }),
};
