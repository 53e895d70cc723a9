/**
 * The families of encoders that are read beside DINOv3's vision transformer, as data: what a person calls them, the licence
 * under which their weights were published, and what they want of a photograph (dinov3.md B.3).
 */
import { dinov3Preprocessor, type Preprocessor } from "../image/preprocessor.ts";

export interface Family {
  readonly title: string;
  /** Of the weights that the authors released. */
  readonly licence?: string | undefined;
  /** Where no preprocessor_config.json says it; of a square size that of the model's own pictures. */
  readonly preprocess: "crop" | "square" | "clip" | "siglip" | "pe" | "radio" | "sam";
}

export const families = {
  dinov3ConvNext: { title: "DINOv3 ConvNeXt", licence: "DINOv3 License", preprocess: "square" },
  convNext: { title: "ConvNeXt", preprocess: "crop" },
  dinov2: { title: "DINOv2", licence: "Apache-2.0", preprocess: "crop" },
  franca: { title: "Franca", licence: "Apache-2.0", preprocess: "crop" },
  webDino: { title: "Web-DINO", licence: "CC-BY-NC-4.0", preprocess: "crop" },
  dino: { title: "DINO", licence: "Apache-2.0", preprocess: "crop" },
  mae: { title: "MAE", licence: "CC-BY-NC-4.0", preprocess: "crop" },
  iJepa: { title: "I-JEPA", licence: "CC-BY-NC-4.0", preprocess: "square" },
  vit: { title: "ViT", preprocess: "square" },
  clip: { title: "CLIP", licence: "MIT", preprocess: "clip" },
  openClip: { title: "OpenCLIP", licence: "MIT", preprocess: "clip" },
  siglip: { title: "SigLIP", licence: "Apache-2.0", preprocess: "siglip" },
  siglip2: { title: "SigLIP 2", licence: "Apache-2.0", preprocess: "siglip" },
  pe: { title: "Perception Encoder", licence: "Apache-2.0", preprocess: "pe" },
  radio: { title: "RADIO", licence: undefined, preprocess: "radio" },
  sam: { title: "SAM", licence: "Apache-2.0", preprocess: "sam" },
  vJepa2: { title: "V-JEPA 2", licence: "MIT", preprocess: "crop" },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
export const familyNames = Object.keys(families) as [FamilyName, ...FamilyName[]];

const clipStatistics: Pick<Preprocessor, "mean" | "std"> = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};
const evenStatistics: Pick<Preprocessor, "mean" | "std"> = {
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

/**
 * @param side of the pictures that the model was trained on, in pixels; undefined where positions say
 *   nothing of it
 */
export function usualPreprocessor(name: FamilyName, side: number | undefined): Preprocessor {
  const own = side ?? 224;
  const square = { ...dinov3Preprocessor, size: { height: own, width: own } };
  switch (families[name].preprocess) {
    case "crop": {
      // Of the papers' evaluations: the short side a seventh longer than what is cut out.
      const crop = { height: own, width: own };
      const size = { shortestEdge: Math.round((own * 8) / 7) };
      return { ...dinov3Preprocessor, size, resample: "bicubic", centerCrop: crop };
    }
    // Upstream keeps the aspect and fills up with black, which is no picture.
    case "sam":
    case "square":
      return square;
    case "clip": {
      const crop = { height: own, width: own };
      const size = { shortestEdge: own };
      return { ...square, ...clipStatistics, size, resample: "bicubic", centerCrop: crop };
    }
    case "siglip":
      return { ...square, ...evenStatistics, resample: "bicubic" };
    case "pe":
      return { ...square, ...evenStatistics };
    case "radio":
      return { ...square, ...clipStatistics };
  }
}
