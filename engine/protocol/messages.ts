/**
 * Every request, its reply and its progress, schema first; the TypeScript types are inferred. One
 * record, so that a handler left out is a compile error on either side.
 */
import { z } from "zod";
import { figureRequests } from "./figure.ts";
import { exportingRequests, writableNames } from "./exporting.ts";
import { geometry } from "./geometry.ts";
import { hubRequests } from "./hub.ts";
import { measuringRequests } from "./measuring.ts";
import { probeCall, probeResult } from "./probes.ts";
import { wireTensor } from "./tensor.ts";
import { sessionRequests } from "./sessions.ts";
import { timelineRequests } from "./timeline.ts";
import {
  fieldDescription,
  gramWeight,
  recipeFinding,
  recipeJson,
  recipePreset,
  runActions,
  runError,
  runRecord,
  runStatus,
  snapshotRef,
  trainingEvent,
} from "./training.ts";
import { featureRef, imageId, modelId } from "./view.ts";
import { verifyingRequests } from "./verifying.ts";

/** Raised by any change that an older page or engine would misread. */
export const protocolVersion = 1;

export const executorNames = ["webgpu", "cuda", "tfjs-gpu", "cpu", "tfjs"] as const;
export const executorName = z.enum(executorNames);
export type ExecutorName = z.infer<typeof executorName>;

/** One executor that `auto` looked at. */
export const executorReport = z.object({
  name: executorName,
  chosen: z.boolean(),
  available: z.boolean(),
  /** Why it was chosen or skipped, one sentence. */
  reason: z.string(),
  /** What to do to have it, where something can be done. */
  remedy: z.string().optional(),
  /** The device it runs on. */
  device: z.string().optional(),
});
export type ExecutorReport = z.infer<typeof executorReport>;

export const modelCard = z.object({
  id: modelId,
  /** A name a person would say: "ViT-S/16". */
  name: z.string(),
  /** "dinov3_vits16" and the like, or "custom". */
  variant: z.string(),
  /** The folder that it was read from. */
  source: z.string(),
  /** What opens it again, where it is more than the folder. */
  path: z.string().optional(),
  /** False for random weights: then every picture of it is a picture of noise, and the page says so. */
  trained: z.boolean(),
  note: z.string().optional(),
  licence: z.string().optional(),
  parameters: z.int().nonnegative(),
  width: z.int().positive(),
  depth: z.int().positive(),
  /** 0 for a convolutional network, which has no attention. */
  heads: z.int().nonnegative(),
  /** Of a convolutional network, whose layers are its stages: channels and blocks of each. */
  stages: z
    .object({
      widths: z.array(z.int().positive()).readonly(),
      blocks: z.array(z.int().positive()).readonly(),
    })
    .optional(),
  registers: z.int().nonnegative(),
  patch: z.int().positive(),
  feedForward: z.enum(["mlp", "swiglu"]),
  dtype: z.string(),
  /** One line: "224×224, bilinear, LVD mean and deviation". */
  preprocess: z.string(),
  /** What values of 0 to 255 are multiplied by, then each channel's mean and deviation. */
  rescale: z.number().optional(),
  mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
  std: z.tuple([z.number(), z.number(), z.number()]).optional(),
  /** Names that its model directory can have, and why it cannot have the others. */
  names: z.array(writableNames).readonly().optional(),
});
export type ModelCard = z.infer<typeof modelCard>;

export const imageInfo = z.object({
  id: imageId,
  name: z.string(),
  /** The upright photograph in its own pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** The format the file had: "jpeg", "png", ... */
  format: z.string(),
  /** What was done to its pixels on the way in: "turned upright", "CMYK to sRGB", ... */
  notes: z.array(z.string()),
  /** The upright sRGB picture for the screen, as a WebP file, long side at most 2048 px. */
  preview: wireTensor,
  credit: z.string().optional(),
});
export type ImageInfo = z.infer<typeof imageInfo>;

export const features = z.object({
  /** float16 [rows * cols, d], row-major over the grid. */
  patches: wireTensor,
  /** float32 [d]. */
  cls: wireTensor,
  /** float32 [r, d]. */
  registers: wireTensor,
  geometry,
  /** The block that was read, counted from 0. */
  block: z.int().nonnegative(),
  norm: z.boolean(),
  executor: executorName,
  /** Milliseconds the backbone took; 0 when the features were in the cache. */
  elapsedMs: z.number().nonnegative(),
  cached: z.boolean(),
});
export type Features = z.infer<typeof features>;

/** One step of long work. `fraction` never goes back; `remainingMs` is absent until it is known. */
export const progress = z.object({
  fraction: z.number().min(0).max(1),
  label: z.string(),
  remainingMs: z.number().nonnegative().optional(),
});
export type Progress = z.infer<typeof progress>;

const empty = z.object({});
/** On the engine's machine. */
const path = z.string().min(1).max(4096);

/** A closed list of requests: payload and reply schema by kind, and of what comes meanwhile. */
export type RequestTable = Record<
  string,
  { payload: z.ZodType; reply: z.ZodType; event?: z.ZodType }
>;

/** kind -> payload and reply. */
export const requests = {
  /** What the engine is and what it runs on. */
  "engine.info": {
    payload: empty,
    reply: z.object({
      version: z.string(),
      protocol: z.int(),
      executors: z.array(executorReport),
      /** Bytes. */
      memory: z.object({ resident: z.number(), total: z.number() }),
      /** For the first-run check and for bug reports; no names of users or machines. */
      machine: z
        .object({
          /** "linux x64". */
          system: z.string(),
          processor: z.string(),
          cores: z.int(),
          node: z.string(),
          /** Bytes free and in all, where the program lies. */
          disk: z.object({ free: z.number(), total: z.number() }).optional(),
        })
        .optional(),
      models: z.array(z.object({ name: z.string(), path: z.string(), trained: z.boolean() })),
      samples: z.array(z.object({ name: z.string(), credit: z.string() })),
    }),
  },
  /**
   * Open a model directory, checkpoint file or bundled model by its path on the engine's machine, or
   * hf:ORG/NAME of what is in the Hub's cache there; nothing is downloaded.
   */
  "model.open": { payload: z.object({ path }), reply: modelCard },
  /** Open a photograph from the page: its bytes as uint8 [n]. */
  "image.open": {
    payload: z.object({ name: z.string().max(512), bytes: wireTensor }),
    reply: imageInfo,
  },
  /** The labels that an indexed or greyscale PNG holds, given as uint8 [n]; nothing of it is kept. */
  "image.labels": {
    payload: z.object({ name: z.string().max(512), bytes: wireTensor }),
    /** uint8 or int32 [height, width] */
    reply: z.object({ values: wireTensor }),
  },
  /** Open one of the photographs in the box. */
  "image.sample": { payload: z.object({ name: z.string().max(128) }), reply: imageInfo },
  /** Forget a photograph and the features computed from it. */
  "image.close": { payload: z.object({ image: imageId }), reply: empty },
  /** Tokens of one block, for the maps that the page computes itself. */
  "features.get": { payload: featureRef, reply: features },
  /** Run a probe over one feature map. */
  "probe.run": {
    payload: z.object({ features: featureRef, call: probeCall }),
    reply: z.object({ geometry, result: probeResult, elapsedMs: z.number().nonnegative() }),
  },

  /** Every setting of a recipe and the presets; where runs and photographs lie on this machine. */
  "recipe.describe": {
    payload: empty,
    reply: z.object({
      fields: z.record(z.string(), fieldDescription),
      presets: z.array(recipePreset),
      /** A folder for runs that may not exist yet, and the photographs in the box. */
      runsFolder: z.string(),
      samplesFolder: z.string(),
    }),
  },
  /** What a recipe would run with, and what is to be said of it. */
  "recipe.check": {
    payload: z.object({ recipe: recipeJson }),
    reply: z.object({
      /** Every default written out; absent where a setting is wrong. */
      recipe: recipeJson.optional(),
      error: runError.optional(),
      findings: z.array(recipeFinding),
    }),
  },
  /** Begin a run. Answered when its first step may be taken; it goes on when its page is closed. */
  "training.start": {
    payload: z.object({
      recipe: recipeJson,
      folder: path,
      isPaused: z.boolean().default(false),
      /** Start although memory seems too small. */
      ignoreMemory: z.boolean().default(false),
    }),
    reply: runStatus,
  },
  /** Go on with a run from its last checkpoint. */
  "training.resume": {
    payload: z.object({ folder: path, isPaused: z.boolean().default(false) }),
    reply: runStatus,
  },
  "training.control": { payload: z.object({ action: z.enum(runActions) }), reply: runStatus },
  /** From the next step on; for every page that follows. */
  "training.gramWeight": { payload: z.object({ weight: gramWeight }), reply: runStatus },
  /** The run of this engine, as it goes: its status at once, then everything that happens. */
  "training.follow": { payload: empty, reply: empty, event: trainingEvent },
  /** What a run's folder holds. */
  "run.open": { payload: z.object({ folder: path }), reply: runRecord },
  /** Its curves so far, by the keys of metrics.jsonl; NaN where a step has no value. */
  "run.metrics": {
    payload: z.object({ folder: path, student: z.string().max(255) }),
    reply: z.object({
      /** int32 [n] */
      steps: wireTensor,
      /** Each float32 [n]. */
      columns: z.record(z.string(), wireTensor),
    }),
  },
  /** Patch features that a run kept of a watched photograph. */
  "run.features": { payload: snapshotRef, reply: features },
  /** A probe over them; a PCA may be fitted on another step. */
  "run.probe": {
    payload: z.object({
      snapshot: snapshotRef,
      call: probeCall,
      /** Step whose features fix the PCA's basis. */
      basis: z.int().nonnegative().optional(),
    }),
    reply: z.object({ geometry, result: probeResult, elapsedMs: z.number().nonnegative() }),
  },
  /** A photograph of the run's data or watch list, as a WebP file with a long side of `side`. */
  "run.photograph": {
    payload: z.object({ file: path, side: z.int().min(16).max(2048) }),
    reply: z.object({ picture: wireTensor }),
  },

  ...measuringRequests,
  ...exportingRequests,
  ...verifyingRequests,
  ...hubRequests,
  ...timelineRequests,
  ...figureRequests,
  ...sessionRequests,
} as const satisfies RequestTable;

export type RequestKind = keyof typeof requests;
/** What a caller writes; defaults may be left out. */
export type PayloadInput<K extends RequestKind> = z.input<(typeof requests)[K]["payload"]>;
/** What a handler receives. */
export type Payload<K extends RequestKind> = z.output<(typeof requests)[K]["payload"]>;
/** What comes before the reply, where something does. */
export type EventOf<K extends RequestKind> = (typeof requests)[K] extends {
  event: infer E extends z.ZodType;
}
  ? z.output<E>
  : never;
export type Reply<K extends RequestKind> = z.output<(typeof requests)[K]["reply"]>;
