/** Requests about the Hugging Face Hub. */
import { z } from "zod";

export const hubRequests = {
  /** Download a model into the Hub's cache on the engine's machine, as far as it is not there. */
  "hub.get": {
    payload: z.object({
      /** ORGANISATION/NAME, a revision after "@"; or the address of its page. */
      repository: z.string().min(1).max(512),
    }),
    reply: z.object({
      /** What "model.open" is to be asked for; it outlives a new commit. */
      name: z.string(),
      commit: z.string(),
      /** Bytes that came over the network. */
      downloadedBytes: z.number(),
      /** Why the Hub was not asked. */
      note: z.string().optional(),
    }),
  },
} as const;
