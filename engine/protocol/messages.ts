/**
 * Every request, its reply and its progress, schema first; the TypeScript types are inferred. One
 * record, so that a handler left out is a compile error on either side.
 */
import { z } from "zod";
import { geometry } from "./geometry.ts";
import { probeCall, probeResult } from "./probes.ts";
import { wireTensor } from "./tensor.ts";
import { featureRef, imageId, modelId } from "./view.ts";

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
  /** Where it was read from. */
  source: z.string(),
  /** False for random weights: then every picture of it is a picture of noise, and the page says so. */
  trained: z.boolean(),
  note: z.string().optional(),
  licence: z.string().optional(),
  parameters: z.int().nonnegative(),
  width: z.int().positive(),
  depth: z.int().positive(),
  heads: z.int().positive(),
  registers: z.int().nonnegative(),
  patch: z.int().positive(),
  feedForward: z.enum(["mlp", "swiglu"]),
  dtype: z.string(),
  /** One line: "224×224, bilinear, LVD mean and deviation". */
  preprocess: z.string(),
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
  /** Open a model directory, checkpoint file or bundled model by its path on the engine's machine. */
  "model.open": { payload: z.object({ path: z.string().min(1).max(4096) }), reply: modelCard },
  /** Open a photograph from the page: its bytes as uint8 [n]. */
  "image.open": {
    payload: z.object({ name: z.string().max(512), bytes: wireTensor }),
    reply: imageInfo,
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
} as const satisfies Record<string, { payload: z.ZodType; reply: z.ZodType }>;

export type RequestKind = keyof typeof requests;
/** What a caller writes; defaults may be left out. */
export type PayloadInput<K extends RequestKind> = z.input<(typeof requests)[K]["payload"]>;
/** What a handler receives. */
export type Payload<K extends RequestKind> = z.output<(typeof requests)[K]["payload"]>;
export type Reply<K extends RequestKind> = z.output<(typeof requests)[K]["reply"]>;
