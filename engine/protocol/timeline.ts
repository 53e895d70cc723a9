/** A run as a timeline: its checkpoints as they come, what it logged, what a comparison found of it. */
import { z } from "zod";
import { degradation, estimate, scoreName } from "./comparison.ts";
import { wireTensor } from "./tensor.ts";
import { runError } from "./training.ts";

/** On the engine's machine. */
const path = z.string().min(1).max(4096);

export const timelineCheckpoint = z.object({
  /** Optimiser steps, or iterations of the official code. */
  step: z.int().nonnegative(),
  /** What model.open takes; its teacher is meant. */
  path: z.string(),
});
export type TimelineCheckpoint = z.infer<typeof timelineCheckpoint>;

export const timelineMark = z.object({ step: z.int().nonnegative(), label: z.string() });
export type TimelineMark = z.infer<typeof timelineMark>;

/** A run as its folder is now. */
export const runTimeline = z.object({
  kind: z.literal("run"),
  /** Absolute. */
  folder: z.string(),
  made: z.enum(["gramscope", "official"]),
  /** By step, each once; none where the run has just begun. */
  checkpoints: z.array(timelineCheckpoint).readonly(),
  /** Somebody writes to it now. */
  isGrowing: z.boolean(),
  /** Of the log of its steps; a change of it means that there is more to read. */
  logBytes: z.int().nonnegative(),
  /** What its configuration plans, where its log does not say it. */
  marks: z.array(timelineMark).readonly(),
});
export type RunTimeline = z.infer<typeof runTimeline>;

export const timelineEvent = z.discriminatedUnion("kind", [
  runTimeline,
  /** It cannot be read, or not any more; it is looked at again all the same. */
  z.object({ kind: z.literal("refused"), error: runError }),
]);
export type TimelineEvent = z.infer<typeof timelineEvent>;

/** The last comparison of a run's checkpoints, without the scores of single images. */
export const keptComparison = z.object({
  kind: z.literal("run"),
  description: z.string(),
  /** Of its images, in words. */
  data: z.string(),
  models: z
    .array(
      z.object({
        name: z.string(),
        step: z.number(),
        scores: z.partialRecord(scoreName, estimate),
      }),
    )
    .readonly(),
  degradation: degradation.optional(),
});
export type KeptComparison = z.infer<typeof keptComparison>;

/** Requests about the run on the timeline, a part of those in messages.ts. */
export const timelineRequests = {
  /** The run as it is, at once and again whenever that changes, until the request is cancelled. */
  "timeline.follow": {
    payload: z.object({ folder: path }),
    reply: z.object({}),
    event: timelineEvent,
  },
  /** What it logged, by our names; NaN where a step has no value. */
  "timeline.metrics": {
    payload: z.object({ folder: path }),
    reply: z.object({
      /** int32 [n] */
      steps: wireTensor,
      /** Each float32 [n]. */
      columns: z.record(z.string(), wireTensor),
    }),
  },
  /** What the last comparison of it found; absent where there was none since it was written. */
  "timeline.scores": {
    payload: z.object({ folder: path }),
    reply: z.object({ found: keptComparison.optional() }),
  },
} as const;
