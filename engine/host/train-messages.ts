/** What the server thread and the training thread say to each other. */
import { z } from "zod";
import { executorName } from "../protocol/messages.ts";
import {
  gramWeight,
  recipeJson,
  runActions,
  runStatus,
  trainingEvent,
} from "../protocol/training.ts";

export const trainRequests = {
  /** Begin or resume a run and train it to its end; the reply is its last status. */
  train: {
    payload: z.object({
      device: z.union([z.literal("auto"), executorName]),
      rope: z.enum(["fp32", "bf16"]),
      folder: z.string(),
      /** Absent: the run is resumed. */
      recipe: recipeJson.optional(),
      isPaused: z.boolean(),
      ignoreMemory: z.boolean(),
    }),
    reply: runStatus,
    event: trainingEvent,
  },
  control: { payload: z.object({ action: z.enum(runActions) }), reply: z.object({}) },
  gramWeight: { payload: z.object({ weight: gramWeight }), reply: z.object({}) },
  /** End the thread; nothing runs any more. */
  exit: { payload: z.object({}), reply: z.object({}) },
} as const;
