/** What is asked of the built-in world, and what comes: scenes with their truth, pairs, sequences. */
import { z } from "zod";
import { wireTensor } from "./tensor.ts";

/** Of everything that is drawn: the same seed gives the same. */
export const drawSeed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const sceneIndex = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const sceneSide = z.int().min(16).max(512);

export const sceneParts = ["picture", "semantic", "instances", "depth"] as const;
export type ScenePart = (typeof sceneParts)[number];

export const sceneWish = z.object({
  seed: drawSeed,
  index: sceneIndex,
  /** Of the square picture, in pixels. */
  side: sceneSide,
  /** Absent: the scene's own choice. */
  kind: z.enum(["gathering", "portrait"]).optional(),
  what: z
    .array(z.enum([...sceneParts, "labels"]))
    .min(1)
    .max(sceneParts.length + 1),
});
export type SceneWish = z.infer<typeof sceneWish>;

/** What was asked for, and what stands in the scene. Everything holds for the centres of pixels. */
export const renderedScene = z.object({
  /** A PNG file: uint8 [bytes]. */
  picture: wireTensor.optional(),
  /** uint8 [side, side], classes. */
  semantic: wireTensor.optional(),
  /** The same as a PNG file, in grey: uint8 [bytes]. */
  labels: wireTensor.optional(),
  /** uint8 [side, side], 0 where there is no object. */
  instances: wireTensor.optional(),
  /** float32 [side, side], metres along the direction of view; 0 for sky. */
  depth: wireTensor.optional(),
  kind: z.enum(["gathering", "portrait"]),
  /** `instance` is the value in the instance mask, from 1; an object may be hidden altogether. */
  objects: z
    .array(z.object({ name: z.string(), classIndex: z.int(), instance: z.int() }))
    .readonly(),
  ground: z.string(),
});
export type RenderedScene = z.infer<typeof renderedScene>;

export const scenePairWish = z.object({
  seed: drawSeed,
  index: sceneIndex,
  side: sceneSide,
  /** Two views of one scene, or two instances of one class. */
  pairs: z.enum(["views", "instances"]),
});
export type ScenePairWish = z.infer<typeof scenePairWish>;

export const scenePair = z.object({
  /** PNG files: uint8 [bytes]. */
  first: wireTensor,
  second: wireTensor,
  /** float32 [n, 4]: x and y in the first, x and y in the second, in pixels. */
  points: wireTensor,
  /** Length in pixels that thresholds are parts of. */
  unit: z.number(),
});
export type ScenePair = z.infer<typeof scenePair>;

export const sceneSequenceWish = z.object({
  seed: drawSeed,
  index: sceneIndex,
  side: sceneSide,
  frames: z.int().min(2).max(64),
});
export type SceneSequenceWish = z.infer<typeof sceneSequenceWish>;

export const sceneSequence = z.object({
  /** PNG files: each uint8 [bytes]. */
  frames: z.array(wireTensor).readonly(),
  /** uint8 [frames, side, side], an instance a value, 0 for none. */
  masks: wireTensor,
});
export type SceneSequence = z.infer<typeof sceneSequence>;
