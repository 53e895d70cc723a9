/** What the server thread and the compute thread say to each other, in both directions. */
import { z } from "zod";
import { preprocessor } from "../image/preprocessor.ts";
import { geometry } from "../protocol/geometry.ts";
import { executorName, executorReport, modelCard } from "../protocol/messages.ts";
import { probeCall, probeResult } from "../protocol/probes.ts";
import { snapshotRef } from "../protocol/training.ts";
import { featureRef, imageId } from "../protocol/view.ts";

const floats = z.custom<Float32Array>((value) => value instanceof Float32Array);
const bits = z.custom<Uint16Array>((value) => value instanceof Uint16Array);
const empty = z.object({});

/** Asked by the server thread, answered by the compute thread. */
export const computeRequests = {
  /** Choose the executor; everything else waits for it. */
  start: {
    payload: z.object({
      device: z.union([z.literal("auto"), executorName]),
      rope: z.enum(["fp32", "bf16"]),
      featureBytes: z.int().positive(),
      programBytes: z.int().positive(),
    }),
    reply: z.object({ reports: z.array(executorReport) }),
  },
  "model.open": { payload: z.object({ path: z.string() }), reply: modelCard },
  /** End the thread as soon as nothing runs. */
  stop: { payload: empty, reply: empty },
  "image.forget": { payload: z.object({ image: imageId }), reply: empty },
  features: {
    payload: featureRef,
    reply: z.object({
      /** float16 bits [P * D]. */
      patches: bits,
      cls: floats,
      registers: floats,
      geometry,
      width: z.int(),
      block: z.int(),
      norm: z.boolean(),
      elapsedMs: z.number(),
      cached: z.boolean(),
    }),
  },
  /** `snapshot.folder` is that of the student. */
  "snapshot.probe": {
    payload: z.object({
      snapshot: snapshotRef.omit({ student: true }),
      call: probeCall,
      basis: z.int().nonnegative().optional(),
    }),
    reply: z.object({ geometry, result: probeResult, elapsedMs: z.number() }),
  },
  probe: {
    payload: z.object({ features: featureRef, call: probeCall }),
    reply: z.object({ geometry, result: probeResult, elapsedMs: z.number() }),
  },
} as const satisfies Record<string, { payload: z.ZodType; reply: z.ZodType }>;

/** Asked by the compute thread, answered by the server thread, which has the photographs. */
export const pixelRequests = {
  describe: {
    payload: z.object({ image: imageId }),
    reply: z.object({ name: z.string(), width: z.int(), height: z.int() }),
  },
  input: {
    payload: z.object({ image: imageId, geometry, preprocessor }),
    reply: floats,
  },
} as const satisfies Record<string, { payload: z.ZodType; reply: z.ZodType }>;
