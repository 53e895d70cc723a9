/** What is asked of the engine when a model is taken away, and the parity card that comes with it. */
import { z } from "zod";
import { wireTensor } from "./tensor.ts";

export const exportFormats = ["onnx", "safetensors"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportPrecisions = ["fp32", "fp16", "bf16", "int8", "int8-static", "int4"] as const;
export type ExportPrecision = (typeof exportPrecisions)[number];

/** The precisions that a format has, the most exact first. */
export const precisionsOf = {
  onnx: ["fp32", "fp16", "int8", "int8-static", "int4"],
  safetensors: ["fp32", "fp16", "bf16"],
} as const satisfies Record<ExportFormat, readonly ExportPrecision[]>;

/** In whose spelling a model directory is written; the official one is that of the authors' own code. */
export const modelNames = ["transformers", "timm", "official"] as const;
export type ModelNames = (typeof modelNames)[number];

/** Names of a model directory, and why a model is not written in them, where it is not. */
export const writableNames = z.object({
  names: z.enum(modelNames),
  refusal: z.string().optional(),
});
export type WritableNames = z.infer<typeof writableNames>;

/** Versions of ONNX's operators that can be asked for: the least and the most. */
export const opsetRange = [17, 22] as const;

/** Raised when a reader of the older shape would misread a card. */
export const parityVersion = 1;

/** What an export must reach to pass. */
export const parityBar = z.object({
  /**
   * Either the largest difference of any value of any token, which must stay below the limit, or the
   * 1st percentile of the cosines of all patches, which must reach it.
   */
  measure: z.enum(["largest-difference", "cosine-p1"]),
  limit: z.number().positive().max(1),
});
export type ParityBar = z.infer<typeof parityBar>;

export const parityNumbers = z.object({
  /** Patches that were compared. */
  patches: z.int().positive(),
  /** Of every patch with itself in the original, over all of them. */
  cosine: z.object({ min: z.number(), p1: z.number(), median: z.number() }),
  /** Over all values of all tokens, CLS and registers among them; of those that are finite. */
  largestDifference: z.number().nonnegative(),
  /** Part of the patches whose nearest other patch of the picture is the same, 0..1. */
  nearest: z.number().min(0).max(1),
  /** Values that are NaN or infinite. One is enough to fail. */
  notFinite: z.int().nonnegative(),
});
export type ParityNumbers = z.infer<typeof parityNumbers>;

const milliseconds = z.number().nonnegative();

/** Medians over the same runs in turn, one picture at a time, after one that is not counted. */
export const paritySpeed = z.object({
  /** "224x224". */
  input: z.string(),
  /** Milliseconds a picture by our engine; absent where the original was not run. */
  originalMs: milliseconds.optional(),
  exportedMs: milliseconds,
  runs: z.int().positive(),
});

/** The proof of one export: one ONNX file, or one model directory. */
export const exportParity = z.object({
  precision: z.enum(exportPrecisions),
  /** What is loaded, from the folder, with forward slashes. */
  file: z.string().min(1).max(512),
  /** All that belongs to it, `file` first. sha256 as hexadecimal digits. */
  files: z
    .array(
      z.object({ name: z.string().max(512), bytes: z.int().nonnegative(), sha256: z.string() }),
    )
    .min(1),
  /** Who computed it, in words: "ONNX Runtime 1.30.0, CPU". */
  runtime: z.string(),
  bar: parityBar,
  numbers: parityNumbers,
  /** The same by size of input. */
  bySize: z.array(z.object({ size: z.string(), numbers: parityNumbers })).min(1),
  speed: paritySpeed,
  verdict: z.enum(["pass", "fail"]),
  /** The verdict in one sentence, with the figure that decided. */
  reason: z.string(),
});
export type ExportParity = z.infer<typeof exportParity>;

export const parityCard = z.object({
  version: z.literal(parityVersion),
  format: z.enum(exportFormats),
  model: z.object({
    name: z.string(),
    variant: z.string().optional(),
    trained: z.boolean(),
    parameters: z.int().nonnegative(),
    /** Of the original's weights, shape and preprocessing. */
    fingerprint: z.string(),
    /** How the original is stored: "F32", "BF16". */
    dtype: z.string(),
    rope: z.enum(["fp32", "bf16"]),
    /** Of another family, in words; absent for DINOv3, whose are rotary. */
    positions: z.string().optional(),
    licence: z.string().optional(),
    note: z.string().optional(),
  }),
  images: z.object({
    description: z.string(),
    count: z.int().positive(),
    fingerprint: z.string(),
  }),
  /** What int8-static was calibrated on, in words. */
  calibration: z.string().optional(),
  /** The machine that ran both, in words. */
  device: z.string(),
  exports: z.array(exportParity).min(1),
  /** Features of the original on built-in scenes, for a repetition without it. */
  reference: z.string().max(512).optional(),
});
export type ParityCard = z.infer<typeof parityCard>;

/** Five digits; what only rounds to 1 is not called 1. */
export function shownCosine(value: number): string {
  const text = value.toFixed(5);
  return value < 1 && text === "1.00000" ? ">0.99999" : text;
}

/** 0.0000021 as "2.1e-6", 0.1234 as "0.123". */
export function shownDifference(value: number): string {
  if (value === 0) return "0";
  return value < 1e-2 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** On the engine's machine. */
const path = z.string().min(1).max(4096);

export const exportWish = z.object({
  /** Anything that opens as a model. */
  model: path,
  /** New or empty. */
  folder: path,
  format: z.enum(exportFormats),
  /** One file each for ONNX; one for safetensors. */
  precisions: z.array(z.enum(exportPrecisions)).min(1).max(5),
  opset: z.int().default(18),
  isFused: z.boolean().default(false),
  /** A folder of photographs, or "scenes". */
  images: path.default("scenes"),
  /** Pictures at most. */
  limit: z.int().min(1).max(1024).default(4),
  /** As the command line's --size; the first is also timed and drawn. */
  sizes: z.array(z.string().max(16)).min(1).max(8).default(["model", "320x192"]),
  /** A folder of photographs that int8-static is calibrated on. */
  calibrate: path.optional(),
  /** Of a model directory; docs/export.md has a table of which encoder has which. */
  names: z.enum(modelNames).default("transformers"),
  /** False leaves the proof out, and the card says so. */
  isProved: z.boolean().default(true),
  /** Other bars than the usual ones, by precision. */
  bars: z.partialRecord(z.enum(exportPrecisions), z.number().positive().max(1)).default({}),
  /** What to call it, and one sentence about it; for safetensors. */
  name: z.string().max(256).optional(),
  note: z.string().max(4096).optional(),
  /** Reports of probes and comparisons, for the scores on the model card. */
  scores: z.array(path).max(16).default([]),
});
export type ExportWish = z.infer<typeof exportWish>;
export type ExportWishInput = z.input<typeof exportWish>;

/** A picture of the card. */
export const parityPicture = z.object({
  /** From the folder: "parity/pca-1.png". */
  name: z.string(),
  caption: z.string(),
  /** A PNG file: uint8 [bytes]. */
  picture: wireTensor,
});
export type ParityPicture = z.infer<typeof parityPicture>;

export const exportResult = z.object({
  /** Where it lies; with a mark in its name where nothing in it passed. Absolute. */
  folder: z.string(),
  /** Every file, from the folder. */
  files: z.array(z.object({ name: z.string(), bytes: z.int().nonnegative() })).readonly(),
  /** Absent where no proof was asked for. */
  card: parityCard.optional(),
  pictures: z.array(parityPicture).readonly(),
});
export type ExportResult = z.infer<typeof exportResult>;

export const exportDescription = z.object({
  opsets: z.tuple([z.int(), z.int()]),
  bars: z.record(z.enum(exportPrecisions), parityBar),
  /** A folder for exports that may not exist yet, and the photographs in the box. */
  exportsFolder: z.string(),
  samplesFolder: z.string(),
});
export type ExportDescription = z.infer<typeof exportDescription>;

/**
 * Requests about exports, a part of those in messages.ts. An export goes where measurements go, one
 * at a time: a second one is refused with "run.busy". It ends with the connection that asked for it,
 * and leaves nothing then.
 */
export const exportingRequests = {
  "export.describe": { payload: z.object({}), reply: exportDescription },
  "export.run": { payload: exportWish, reply: exportResult },
} as const;
