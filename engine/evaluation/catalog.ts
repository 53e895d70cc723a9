/** Every labelled probe by name: its task, its presets, and what it is measured on in the built-in world. */
import type { LabelledSet, Task } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { objectNames } from "../scenes/classes.ts";
import type { SceneSetOptions } from "../scenes/scene-sets.ts";
import { correspondencePresets, measureCorrespondence } from "./correspondence.ts";
import { depthPresets, measureDepth } from "./depth.ts";
import { discoveryPresets, measureDiscovery } from "./discovery.ts";
import { fewShotPresets, measureFewShot } from "./few-shot.ts";
import type { InputSize } from "./input-size.ts";
import { knnPresets, measureKnn } from "./knn.ts";
import { linearPresets, measureLinear } from "./linear-classification.ts";
import type { Measured, Measuring, Protocol } from "./measuring.ts";
import type { ProbeName } from "./probe-report.ts";
import { measureSegmentation, segmentationPresets } from "./segmentation.ts";
import { measureTracking, trackingPresets } from "./tracking.ts";

/** How a probe is to measure; what is absent is as its preset has it. */
export interface Asked {
  readonly preset: string;
  readonly seed: number;
  readonly size?: InputSize | undefined;
}

/** Scenes of a probe in the built-in world, but for the seed. */
export type SceneCounts = Omit<SceneSetOptions, "seed">;

export interface CataloguedProbe<T extends Task = Task> {
  readonly title: string;
  readonly task: T;
  readonly presets: readonly string[];
  /** For people's own data. */
  readonly preset: string;
  /** For scenes, which are small. */
  readonly scenes: {
    readonly preset: string;
    readonly size?: InputSize;
    readonly set: SceneCounts;
  };
  /** @throws EngineError "option.invalid" for a preset that it has not; as the probe */
  measure(set: LabelledSet<T>, measuring: Measuring, asked: Asked): Promise<Measured<unknown>>;
}

type Entry<T extends Task> = Pick<CataloguedProbe<T>, "title" | "task" | "preset" | "scenes">;

function probe<T extends Task, Settings extends { readonly size: InputSize }>(
  entry: Entry<T>,
  presets: Readonly<Record<string, Settings>>,
  measure: (
    set: LabelledSet<T>,
    measuring: Measuring,
    protocol: Protocol<Settings>,
  ) => Promise<Measured<unknown>>,
): CataloguedProbe<T> {
  return {
    ...entry,
    presets: Object.keys(presets),
    async measure(set, measuring, { preset, seed, size }) {
      const settings = presets[preset];
      if (!settings) {
        const known = Object.keys(presets).join(", ");
        throw new EngineError(
          "option.invalid",
          `preset: expected one of ${known}; received "${preset}"`,
        );
      }
      const own = size ? { ...settings, size } : settings;
      return measure(set, measuring, { preset, settings: own, seed });
    },
  };
}

const side = 224;
const asSeen = { kind: "square", side } as const;

export const probes = {
  knn: probe(
    {
      title: "k-NN classification",
      task: "classification",
      preset: "paper",
      scenes: { preset: "paper", set: { side, train: 400, test: 200 } },
    },
    knnPresets,
    measureKnn,
  ),
  linear: probe(
    {
      title: "Linear classification",
      task: "classification",
      preset: "quick",
      scenes: { preset: "quick", set: { side, train: 400, test: 200 } },
    },
    linearPresets,
    measureLinear,
  ),
  segmentation: probe(
    {
      title: "Linear segmentation",
      task: "segmentation",
      preset: "paper",
      scenes: { preset: "quick", set: { side, train: 400, test: 100 } },
    },
    segmentationPresets,
    measureSegmentation,
  ),
  depth: probe(
    {
      title: "Linear depth",
      task: "depth",
      preset: "paper",
      scenes: { preset: "quick", set: { side, train: 400, test: 100 } },
    },
    depthPresets,
    measureDepth,
  ),
  correspondence: probe(
    {
      title: "Correspondence",
      task: "correspondence",
      preset: "spair",
      scenes: { preset: "views", size: asSeen, set: { side, train: 0, test: 100 } },
    },
    correspondencePresets,
    measureCorrespondence,
  ),
  discovery: probe(
    {
      title: "Object discovery",
      task: "discovery",
      preset: "paper",
      scenes: { preset: "paper", set: { side, train: 0, test: 100 } },
    },
    discoveryPresets,
    measureDiscovery,
  ),
  tracking: probe(
    {
      title: "Mask propagation",
      task: "tracking",
      preset: "paper",
      scenes: { preset: "small", set: { side, train: 0, test: 10, frames: 16 } },
    },
    trackingPresets,
    measureTracking,
  ),
  "few-shot": probe(
    {
      title: "Few-shot foreground",
      task: "segmentation",
      preset: "paper",
      scenes: { preset: "scenes", set: { side, train: 40, test: 60 } },
    },
    // Sky and grounds have classes too, and are no objects.
    { ...fewShotPresets, scenes: { ...fewShotPresets.small, foreground: objectNames } },
    measureFewShot,
  ),
} as const satisfies Record<ProbeName, unknown>;
