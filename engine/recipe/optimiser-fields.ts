/** Settings of a recipe for AdamW, its schedules, the moving average and regularisation. */
import { choice, integer, number, orNull, type FieldGroup } from "./field.ts";

const c5 = "dinov3.md C.5";
const c7 = "dinov3.md C.7";

const steps = (group: FieldGroup, value: number, source: string, help: string) =>
  integer({ group, default: value, range: [0, 100_000_000], unit: "steps", source, help });

const part = (group: FieldGroup, value: number, source: string, help: string) =>
  number({ group, default: value, range: [0, 1], source, help });

const temperature = (value: number, help: string) =>
  number({ group: "teacher", default: value, range: [0.001, 10], source: c7, help });

export const optimiserFields = {
  learningRate: part(
    "optimiser",
    5e-4,
    "local choice; 1e-3 in the default config",
    "Peak, before lrScaling.",
  ),
  startLearningRate: part("optimiser", 0, c5, "At the first step of the warm-up."),
  endLearningRate: part("optimiser", 1e-6, c7, "At the end of a cosine."),
  warmupSteps: steps(
    "optimiser",
    50,
    c7,
    "Linear from the start to the peak, which is reached after them.",
  ),
  schedule: choice({
    group: "optimiser",
    default: "cosine",
    choices: ["constant", "cosine"],
    source: "dinov3.md C.5; paper, section 3.2 (constant)",
    help: "After the warm-up: constant at the peak, or a cosine to the end.",
  }),
  cosineSteps: orNull(
    steps(
      "optimiser",
      1000,
      "dinov3.md C.5, schedule v2 (cosine_epochs)",
      "Length of the cosine; the end value follows. null: what is left of the run.",
    ),
  ),
  lrScaling: choice({
    group: "optimiser",
    default: "none",
    choices: ["none", "sqrt_wrt_1024", "linear_wrt_256"],
    source: c5,
    help: "sqrt_wrt_1024: times 4 sqrt(batch / 1024). linear_wrt_256: times batch / 256. batch is the effective one.",
  }),
  layerDecay: number({
    group: "optimiser",
    default: 0.98,
    range: [0.01, 1],
    unit: "a layer",
    source: c7,
    help: "The rate of a layer is this times that of the layer above.",
  }),
  patchEmbedMultiplier: number({
    group: "optimiser",
    default: 0.2,
    range: [0, 10],
    source: c5,
    help: "On top, for the patch embedding.",
  }),
  weightDecay: part("optimiser", 0.04, c5, "At the start; not for biases, norms and LayerScale."),
  endWeightDecay: part(
    "optimiser",
    0.04,
    "dinov3.md C.5; 0.4 in the default config",
    "At the end of a cosine over the run.",
  ),
  beta1: number({
    group: "optimiser",
    default: 0.9,
    range: [0, 0.999999],
    source: c5,
    help: "AdamW's decay of the first moment.",
  }),
  beta2: number({
    group: "optimiser",
    default: 0.99,
    range: [0, 0.999999],
    source: "dinov3.md C.5; 0.999 in the default config",
    help: "AdamW's decay of the second moment.",
  }),
  epsilon: number({
    group: "optimiser",
    default: 1e-8,
    range: [1e-12, 1],
    source: c5,
    help: "AdamW's term that keeps the division finite.",
  }),
  clip: number({
    group: "optimiser",
    default: 3,
    range: [1e-6, 1e9],
    source: "dinov3.md C.5; 30 in the 7B",
    help: "Largest L2 norm of the gradient of each of backbone, DINO head and iBOT head.",
  }),
  freezeLastLayerSteps: steps(
    "optimiser",
    0,
    "dinov3.md C.5; one epoch in the default config",
    "The prototypes do not learn for this many steps.",
  ),

  momentum: part(
    "teacher",
    0.99,
    "dinov3.md J: .99 below 5000 steps; .994 in the code, .999 in the paper (trap 13)",
    "Of the EMA teacher, at the start.",
  ),
  endMomentum: part(
    "teacher",
    0.999,
    "dinov3.md C.7: 1 in the default config, constant in the 7B",
    "At the end of a cosine over the run.",
  ),
  startTeacherTemperature: temperature(0.04, "At the start of its warm-up."),
  teacherTemperature: temperature(0.07, "After its warm-up."),
  teacherTemperatureWarmupSteps: steps(
    "teacher",
    300,
    "dinov3.md C.7: 30 of 100 epochs",
    "Linear from the one to the other.",
  ),

  dropPath: number({
    group: "optimiser",
    default: 0,
    range: [0, 0.99],
    source: "dinov3.md A.4: 0.4 in the 7B, 0.3 in ViT-L, 0 distilled",
    help: "Part of the images that skip a residual branch, the same in every block.",
  }),
  ropeShift: number({
    group: "optimiser",
    default: 0,
    range: [0, 2],
    unit: "half sides",
    source: "dinov3.md A.3 (off)",
    help: "Coordinates shift by up to this on each axis. 0: off.",
  }),
  ropeJitter: number({
    group: "optimiser",
    default: 1,
    range: [1, 16],
    unit: "times",
    source: "dinov3.md A.3 (off)",
    help: "Each axis is scaled by a factor between its inverse and this. 1: off.",
  }),
  ropeRescale: number({
    group: "optimiser",
    default: 2,
    range: [1, 16],
    unit: "times",
    source: "dinov3.md A.3; paper, section 3.2, RoPE-box jittering",
    help: "Both axes are scaled by one factor between its inverse and this. 1: off.",
  }),
};
