/** What is asked of the engine when models are measured: comparisons without labels, probes with labels. */
import { z } from "zod";
import { compareReport, degradation, scoredModel, scoreName } from "./comparison.ts";
import { labelledProbeNames, probeReport } from "./probe-report.ts";
import {
  drawSeed,
  renderedScene,
  scenePair,
  scenePairWish,
  sceneSequence,
  sceneSequenceWish,
  sceneWish,
} from "./scenes.ts";
import { wireTensor } from "./tensor.ts";

/** On the engine's machine. */
const path = z.string().min(1).max(4096);

export const compareWish = z.object({
  /** One run, or models. */
  paths: z.array(path).min(1).max(256),
  /** A folder of photographs, or "scenes". */
  images: path,
  /** At most so many; of a folder with more every n-th. */
  limit: z.int().min(2).max(10_000).default(64),
  /** Side of the views in pixels. */
  size: z.int().min(64).max(2048).default(224),
  /** Of the crops and intervals. */
  seed: drawSeed.default(0),
  /** A model whose Gram matrices the others' are measured from. */
  reference: path.optional(),
});
export type CompareWish = z.infer<typeof compareWish>;

/** As soon as a model has its scores, so that curves grow while a comparison goes. */
export const compareEvent = z.object({
  kind: z.literal("scored"),
  model: scoredModel,
  /** Dense quality of the models so far, from the second trained one on; it shifts with each. */
  quality: degradation.shape.quality.optional(),
});
export type CompareEvent = z.infer<typeof compareEvent>;

export const probeWish = z.object({
  probe: z.enum(labelledProbeNames),
  model: path,
  /** A folder of labelled data, or "scenes". */
  data: path,
  /** Of the folder, where it is not recognised: one of the described layouts. */
  layout: z.string().max(64).optional(),
  /** Of scenes, for correspondence. */
  pairs: z.enum(["views", "instances"]).optional(),
  /** Absent: the probe's own for such data. */
  preset: z.string().max(64).optional(),
  /** Side of a square input in pixels; absent: the preset's. */
  size: z.union([z.literal("native"), z.int().min(16).max(4096)]).optional(),
  /** Numbers of scenes; absent: the probe's own. */
  train: z.int().min(0).max(100_000).optional(),
  test: z.int().min(1).max(100_000).optional(),
  seed: drawSeed.default(0),
});
export type ProbeWish = z.infer<typeof probeWish>;

/** One of a report's cases as a picture that a person can read. */
export const casePicture = z.object({
  /** Index into the report's cases. */
  case: z.int().nonnegative(),
  /** A PNG file: uint8 [bytes]. */
  picture: wireTensor,
  /** What is to be seen, in words. */
  caption: z.string(),
});
export type CasePicture = z.infer<typeof casePicture>;

export const probeDescription = z.object({
  name: z.enum(labelledProbeNames),
  title: z.string(),
  /** What its data are labelled for: "segmentation", "depth", ... */
  task: z.string(),
  /** The paper's, or the nearest to it; for people's own data. */
  preset: z.string(),
  presets: z.array(z.string()).readonly(),
  /** What it is measured with and on in the built-in world. */
  scenes: z.object({ preset: z.string(), train: z.int(), test: z.int() }),
  /** What it reports, in one line. */
  numbers: z.string(),
});
export type ProbeDescription = z.infer<typeof probeDescription>;

export const scoreDescription = z.object({
  name: scoreName,
  title: z.string(),
  /** In one line. */
  formula: z.string(),
  unit: z.string(),
  isBetter: z.enum(["higher", "lower", "neither"]),
  source: z.string(),
});
export type ScoreDescription = z.infer<typeof scoreDescription>;

export const measuringDescription = z.object({
  probes: z.array(probeDescription).readonly(),
  scores: z.array(scoreDescription).readonly(),
  /** Layouts of labelled folders, by the tasks that they serve. */
  layouts: z
    .array(z.object({ name: z.string(), tasks: z.array(z.string()).readonly() }))
    .readonly(),
  /** Of scenes, by their value in a semantic mask; [0] is the sky. */
  classes: z.array(z.string()).readonly(),
  /** Scenes from this index on are never trained on. */
  firstTestIndex: z.int(),
  /** The photographs in the box: a folder to compare on. */
  samplesFolder: z.string(),
});
export type MeasuringDescription = z.infer<typeof measuringDescription>;

/**
 * Requests about measuring, a part of those in messages.ts. A comparison or probe belongs to the
 * client that asked for it and ends with its connection; scores that it found are kept. One goes at
 * a time: a second one is refused with "run.busy".
 */
export const measuringRequests = {
  "measure.describe": { payload: z.object({}), reply: measuringDescription },
  /** Score a run's checkpoints, or models, without labels, and judge them. */
  "compare.run": { payload: compareWish, reply: compareReport, event: compareEvent },
  /** Measure a frozen model on labelled data. */
  "probe.measure": {
    payload: probeWish,
    reply: z.object({ report: probeReport, pictures: z.array(casePicture).readonly() }),
  },
  "scene.render": { payload: sceneWish, reply: renderedScene },
  "scene.pair": { payload: scenePairWish, reply: scenePair },
  "scene.sequence": { payload: sceneSequenceWish, reply: sceneSequence },
} as const;
