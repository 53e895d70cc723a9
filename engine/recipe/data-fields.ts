/** Settings of a recipe that say which images are read, how they are cropped, distorted and masked. */
import {
  boolean,
  choice,
  integer,
  list,
  number,
  object,
  orNull,
  text,
  type Field,
} from "./field.ts";

const c6 = "dinov3.md C.6";
const c7 = "dinov3.md C.7";
const c4 = "dinov3.md C.4; paper, appendix on implementation";

function probability(
  group: "augmentation" | "masks",
  value: number,
  source: string,
  help: string,
): Field<number> {
  return number({ group, default: value, range: [0, 1], source, help });
}

const pixels = (value: number, low: number, source: string, help: string) =>
  integer({ group: "crops", default: value, range: [low, 4096], unit: "pixels", source, help });

const areaPart = (value: number) =>
  number({
    group: "crops",
    default: value,
    range: [0.001, 1],
    unit: "of the image's area",
    source: c6,
    help: "A bound of the area of a random crop.",
  });

const scale = (low: number, high: number, help: string) =>
  object({
    group: "crops",
    unit: "of the image's area",
    source: c6,
    help,
    parts: { min: areaPart(low), max: areaPart(high) },
  });

export const dataFields = {
  data: object({
    group: "data",
    source: "design.md section 4",
    help: "Where the images come from.",
    parts: {
      kind: choice({
        group: "data",
        default: "folder",
        choices: ["folder", "scenes", "recorded"],
        source: "design.md section 4",
        help: "A folder of images, the built-in generator, or recorded batches.",
      }),
      path: orNull(
        text({
          group: "data",
          default: "images",
          source: "design.md section 4",
          help: "The folder, or the safetensors of recorded batches. null: for scenes.",
        }),
      ),
    },
  }),
  scenes: integer({
    group: "data",
    default: 10_000,
    range: [1, 100_000],
    unit: "scenes",
    source: "ours",
    help: "How many different scenes the built-in generator gives before the first comes again.",
  }),

  globalSize: pixels(224, 16, c7, "Side of a global crop: a multiple of the patch."),
  localSize: pixels(96, 16, c7, "Side of a local crop: a multiple of the patch."),
  gramSize: pixels(
    0,
    0,
    "dinov3.md C.2 (gram_teacher_crops_size), paper section 4.3",
    "Side of the crops that a Gram teacher of its own sees, twice the global side in the paper. 0: it sees the global crops.",
  ),
  localCrops: integer({
    group: "crops",
    default: 8,
    range: [0, 64],
    unit: "crops an image",
    source: c7,
    help: "Local crops of each image.",
  }),
  globalScale: scale(0.32, 1, "Area of a global crop."),
  localScale: scale(0.05, 0.32, "Area of a local crop."),
  cropMix: list(
    object({
      group: "crops",
      source: "dinov3.md C.7, high_res_adapt",
      help: "One set of sizes.",
      parts: {
        globalSize: pixels(512, 16, c7, "Side of a global crop."),
        localSize: pixels(112, 16, c7, "Side of a local crop."),
        gramSize: pixels(768, 0, c7, "Side of a Gram crop. 0: it sees the global crops."),
        ratio: number({
          group: "crops",
          default: 1,
          range: [0.000001, 1_000_000],
          unit: "of the steps",
          source: c7,
          help: "How often, in proportion to the others.",
        }),
      },
    }),
    {
      group: "crops",
      range: [0, 16],
      source: "dinov3.md C.6, multi-resolution loader",
      help: "Sizes drawn step by step, with ratios, in place of the three above. Empty: those.",
    },
  ),
  localsFromGlobals: boolean({
    group: "crops",
    default: false,
    source: "dinov3.md C.6 (localcrops_subset_of_globalcrops)",
    help: "Cut local crops out of the global ones, aligned to patches.",
  }),
  gramUndistorted: boolean({
    group: "crops",
    default: true,
    source: "dinov3.md C.2 (gram_teacher_no_distortions; false in the default config)",
    help: "Gram crops get no colour jitter, blur or solarisation.",
  }),

  flipProbability: probability(
    "augmentation",
    0.5,
    "dinov3.md C.6 (off in the 7B and in distillation)",
    "Probability of a mirrored crop.",
  ),
  jitterProbability: probability("augmentation", 0.8, c6, "Probability of colour jitter."),
  jitterBrightness: probability(
    "augmentation",
    0.4,
    c6,
    "Brightness factor is 1 plus or minus this.",
  ),
  jitterContrast: probability("augmentation", 0.4, c6, "Contrast factor is 1 plus or minus this."),
  jitterSaturation: probability(
    "augmentation",
    0.2,
    c6,
    "Saturation factor is 1 plus or minus this.",
  ),
  jitterHue: number({
    group: "augmentation",
    default: 0.1,
    range: [0, 0.5],
    unit: "turns",
    source: c6,
    help: "Hue turns by up to this.",
  }),
  shareColourJitter: boolean({
    group: "augmentation",
    default: false,
    source: "dinov3.md C.6 (share_color_jitter)",
    help: "One jitter for all crops of an image.",
  }),
  greyProbability: probability("augmentation", 0.2, c6, "Probability of a grey crop."),
  blurGlobal1: probability(
    "augmentation",
    1,
    c6,
    "Declared probability of blur, first global crop.",
  ),
  blurGlobal2: probability(
    "augmentation",
    0.1,
    c6,
    "Declared probability of blur, second global crop.",
  ),
  blurLocal: probability("augmentation", 0.5, c6, "Declared probability of blur, local crops."),
  blurAsReleased: boolean({
    group: "augmentation",
    default: true,
    source: "dinov3.md section 0, trap 12",
    help: "The released code blurs with one minus the declared probability: 0, 0.9 and 0.5. false: with the declared one.",
  }),
  blurSigmaMin: number({
    group: "augmentation",
    default: 0.1,
    range: [0.01, 20],
    unit: "pixels",
    source: c6,
    help: "Smallest sigma of the blur, kernel 9.",
  }),
  blurSigmaMax: number({
    group: "augmentation",
    default: 2,
    range: [0.01, 20],
    unit: "pixels",
    source: c6,
    help: "Largest sigma of the blur, kernel 9.",
  }),
  solariseProbability: probability(
    "augmentation",
    0.2,
    c6,
    "Of the second global crop, threshold 128.",
  ),

  maskProbability: probability(
    "masks",
    0.5,
    c4,
    "Part of the global crops that has masked patches.",
  ),
  maskRatioMin: probability("masks", 0.1, c4, "Fewest masked patches, as a part of the crop."),
  maskRatioMax: probability("masks", 0.5, c4, "Most masked patches, as a part of the crop."),
};
