/**
 * Named starts of a recipe. Where the paper and its code differ there is one of each, with the
 * difference in words (dinov3.md section 0, trap 13; C.7); the laptop ones are for small machines.
 */
import {
  defaultCode,
  defaultEpoch,
  gram7b,
  highResolution7b,
  pretrain7b,
  sevenB,
} from "./published-configs.ts";
import type { PartialRecipe } from "./recipe.ts";
import type { PresetName } from "./run-fields.ts";

export interface Preset {
  readonly title: string;
  /** dinov3.md, the paper's section or the config's file. */
  readonly source: string;
  /** What to know before using it; how it differs from its sibling. */
  readonly note: string;
  readonly values: PartialRecipe;
}

const laptop: PartialRecipe = {
  batchSize: 8,
  dinoHidden: 512,
  dinoBottleneck: 128,
  dinoPrototypes: 128,
  ibotHidden: 512,
  ibotBottleneck: 128,
  ibotPrototypes: 256,
  headInit: "unitPrototypes",
  layerScale: 1,
  localCrops: 4,
  globalSize: 128,
  localSize: 64,
};

const tiny = {
  width: 192,
  depth: 8,
  heads: 3,
  hidden: 768,
  feedForward: "mlp",
  patch: 16,
  registers: 4,
} as const;

/** dinov3.md J, rebased to a run of its own. */
const gram: PartialRecipe = {
  kind: "refine",
  learningRate: 5e-5,
  schedule: "constant",
  gramWeight: 2,
  startDinoLocalWeight: 0.5,
  dinoLocalWeight: 0.5,
  gramLevel: "image",
  gramNormalised: true,
  gramUndistorted: true,
  gramTeacher: "init",
  gramMaxUpdates: 3,
  clip: 3,
  weightDecay: 0.04,
  endWeightDecay: 0.04,
  layerDecay: 0.98,
  patchEmbedMultiplier: 0.2,
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  "laptop-pretrain": {
    title: "Pretrain, small",
    source: "dinov3.md J; runtime.md",
    note: "A ViT of 3.7 million parameters at 128 px, with prototypes few enough for its batch and LayerScale 1: with 1e-5 every CLS token starts the same, and the DINO loss stays at ln K for hundreds of steps.",
    values: { ...laptop, kind: "pretrain", model: tiny },
  },
  "laptop-refine": {
    title: "Refine, small",
    source: "dinov3.md J",
    note: "Gram anchoring to the starting weights from twice the resolution. Fresh heads are warmed up first.",
    values: {
      ...laptop,
      ...gram,
      steps: 500,
      batchSize: 4,
      warmupSteps: 25,
      gramSize: 256,
      headWarmupSteps: 100,
      momentum: 0.99,
      endMomentum: 0.999,
      teacherTemperatureWarmupSteps: 0,
    },
  },
  "laptop-adapt": {
    title: "High resolution, small",
    source: "dinov3.md C.7, J",
    note: "Two mixed sizes, with Gram crops of one and a half times.",
    values: {
      ...laptop,
      ...gram,
      kind: "adapt",
      steps: 300,
      batchSize: 2,
      learningRate: 1.25e-5,
      warmupSteps: 30,
      gramWeight: 1.5,
      headWarmupSteps: 100,
      teacherTemperatureWarmupSteps: 0,
      momentum: 0.99,
      endMomentum: 0.999,
      cropMix: [
        { globalSize: 192, localSize: 64, gramSize: 288, ratio: 0.5 },
        { globalSize: 256, localSize: 96, gramSize: 384, ratio: 0.5 },
      ],
    },
  },
  "laptop-distill": {
    title: "Distil, small",
    source: "dinov3.md D",
    note: "By features where the teacher has no heads. Give the teacher.",
    values: { ...laptop, kind: "distill", model: tiny, layerDecay: 1, beta2: 0.999 },
  },
  "rebased-gram": {
    title: "Gram anchoring from public weights",
    source: "dinov3.md J",
    note: "The published schedule counts from step 1,000,000 (trap 8); this one from its own start.",
    values: {
      ...gram,
      steps: 10_000,
      batchSize: 16,
      warmupSteps: 300,
      globalSize: 256,
      localSize: 112,
      gramSize: 512,
      koleoGroup: 16,
      gramUpdateEvery: 3333,
      headWarmupSteps: 1000,
      teacherTemperatureWarmupSteps: 0,
      momentum: 0.999,
      endMomentum: 0.999,
    },
  },
  "default-code": {
    title: "Default config of the code",
    source: "configs/ssl_default_config.yaml; dinov3.md C.7",
    note: "64 images a GPU; the learning rate is scaled by the effective batch.",
    values: defaultCode,
  },
  "vitl-im1k-code": {
    title: "ViT-L on ImageNet-1k",
    source: "configs/train/vitl_im1k_lin834.yaml; dinov3.md C.7",
    note: "The default config at a batch of 2048.",
    values: { ...defaultCode, batchSize: 2048 },
  },
  "7b-pretrain-code": {
    title: "7B pretraining, code",
    source: "configs/train/dinov3_vit7b16_pretrain.yaml; dinov3.md C.7",
    note: "Momentum .994 and an iBOT head of width 4096, where the paper has .999 and 8192.",
    values: pretrain7b,
  },
  "7b-pretrain-paper": {
    title: "7B pretraining, paper",
    source: "paper, section 3.2 and Table 2; dinov3.md section 0, trap 13",
    note: "Momentum .999 and an iBOT head of width 8192; blur with its declared probability.",
    values: {
      ...pretrain7b,
      momentum: 0.999,
      endMomentum: 0.999,
      ibotHidden: 8192,
      blurAsReleased: false,
    },
  },
  "7b-gram-code": {
    title: "7B Gram anchoring, code",
    source: "configs/train/dinov3_vit7b16_gram_anchor.yaml; dinov3.md C.7",
    note: "Steps counted from the start of the phase. The weight rises from 0 to 2 over one epoch.",
    values: gram7b,
  },
  "7b-gram-paper": {
    title: "7B Gram anchoring, paper",
    source: "paper, section 4; dinov3.md section 0, trap 13",
    note: "As the code, with an iBOT head of width 8192, weight 2 at once, blur as declared.",
    values: { ...gram7b, ibotHidden: 8192, gramWarmupSteps: 0, blurAsReleased: false },
  },
  "7b-high-resolution-code": {
    title: "7B high resolution, code",
    source: "configs/train/dinov3_vit7b16_high_res_adapt.yaml; dinov3.md C.7",
    note: "30,000 steps. Local crops of 168 px are 176 here: 168 is no multiple of the patch.",
    values: highResolution7b,
  },
  "7b-high-resolution-paper": {
    title: "7B high resolution, paper",
    source: "paper, section 5.1; dinov3.md section 0, trap 13",
    note: "10,000 steps, an iBOT head of width 8192, blur as declared.",
    values: { ...highResolution7b, steps: 10_000, ibotHidden: 8192, blurAsReleased: false },
  },
  "vitl-distilled-code": {
    title: "Distilled family, code",
    source: "configs/train/dinov3_vitl16_lvd1689m_distilled.yaml; dinov3.md C.7",
    note: "Reads like a late continuation: no temperature warm-up and a momentum that ends at 1.",
    values: {
      ...sevenB,
      kind: "distill",
      model: "dinov3_vitl16",
      batchSize: 1920,
      steps: 20 * defaultEpoch,
      learningRate: 5e-5,
      warmupSteps: 10 * defaultEpoch,
      momentum: 0.994,
      endMomentum: 1,
      startTeacherTemperature: 0.07,
      teacherTemperatureWarmupSteps: 0,
      layerDecay: 0.99,
      clip: 3,
      dropPath: 0,
      recompute: false,
    },
  },
};
