/** What is asked of the engine when the proof of an export is repeated, and what it found. */
import { z } from "zod";
import { exportParity, exportWish } from "./exporting.ts";

const path = exportWish.shape.folder;

/** Of bars, an absent one is as the card in the folder has it, else the usual one. */
export const verifyWish = exportWish
  .pick({ images: true, limit: true, sizes: true, bars: true })
  .extend({
    /** A folder that was exported, or one .onnx file of it. */
    path,
    /**
     * The original. Absent: its features that lie in the folder, and images, limit and sizes say
     * nothing.
     */
    against: path.optional(),
  });
export type VerifyWish = z.infer<typeof verifyWish>;
export type VerifyWishInput = z.input<typeof verifyWish>;

export const verification = z.object({
  /** Absolute. */
  folder: z.string(),
  /** In words: the original, or the features that are stored of it. */
  against: z.string(),
  images: z.string(),
  device: z.string(),
  exports: z
    .array(
      exportParity.extend({
        /** Whether it is, byte for byte, what the folder's card is about; absent without a card. */
        isAsWritten: z.boolean().optional(),
      }),
    )
    .min(1),
  verdict: z.enum(["pass", "fail"]),
});
export type Verification = z.infer<typeof verification>;

/** It goes where exports go, one at a time with them. Nothing is written. */
export const verifyingRequests = {
  "export.verify": { payload: verifyWish, reply: verification },
} as const;
