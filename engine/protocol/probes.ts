/**
 * The probes: what can be asked of a feature map, with every option's range and default, and the
 * one shape in which all of them answer.
 */
import { z } from "zod";
import { featureRef } from "./view.ts";
import { wireTensor } from "./tensor.ts";

export const probeNames = [
  "cosine",
  "pca",
  "gram",
  "norm",
  "cls",
  "kmeans",
  "attention",
  "foreground",
] as const;
export type ProbeName = (typeof probeNames)[number];

/** As buttons and figures call them. */
export const probeTitles = {
  cosine: "Cosine",
  pca: "PCA",
  gram: "Gram",
  norm: "Norm",
  cls: "CLS",
  kmeans: "k-means",
  attention: "Attention",
  foreground: "Foreground",
} as const satisfies Record<ProbeName, string>;

export const patchPosition = z.object({ row: z.int().nonnegative(), col: z.int().nonnegative() });

/** The token whose attention is shown. */
export const tokenRef = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("cls") }),
  z.object({ kind: z.literal("register"), index: z.int().nonnegative().max(63) }),
  z.object({ kind: z.literal("patch"), patch: patchPosition }),
]);
export type TokenRef = z.infer<typeof tokenRef>;

export const pcaPresets = ["raw", "whitened", "foreground"] as const;
export type PcaPreset = (typeof pcaPresets)[number];

/** Options of each probe. Defaults are written here and nowhere else. */
export const probeOptions = {
  cosine: z.object({
    /** Query patches; several are L2-normalised and averaged. A box is the list of its patches. */
    queries: z.array(patchPosition).min(1).max(65_536),
    /** Show the map over this feature map instead of the query's own. Same model, layer and norm. */
    target: featureRef.optional(),
    /** How many best matches to list. */
    matches: z.int().min(0).max(100).default(5),
    /** Matches nearer than this to a query patch are passed over, in patches; same image only. */
    exclude: z.int().min(0).max(64).default(1),
  }),
  pca: z.object({
    /**
     * raw         centred, three components, each min-max scaled to 0..1
     * whitened    centred, whitened, sigmoid(2 z), as the DINOv3 notebook colours them
     * foreground  as whitened, fitted on the foreground patches alone, the rest left out
     */
    preset: z.enum(pcaPresets).default("raw"),
    /** Feature maps the basis is fitted on, together. Empty: the shown one. */
    fit: z.array(featureRef).max(64).default([]),
  }),
  gram: z.object({
    /** Order of rows and columns: along the raster, or grouped by k-means cluster. */
    order: z.enum(["raster", "cluster"]).default("raster"),
    /** Clusters of the cluster order. */
    clusters: z.int().min(2).max(64).default(8),
    /** Longest side of the returned matrix; larger ones are averaged down to it, tile by tile. */
    side: z.int().min(16).max(4096).default(512),
    seed: z.int().nonnegative().default(0),
  }),
  norm: z.object({}),
  cls: z.object({}),
  kmeans: z.object({
    k: z.int().min(2).max(64).default(6),
    seed: z.int().nonnegative().default(0),
  }),
  attention: z.object({
    token: tokenRef.default({ kind: "cls" }),
    /** One head, counted from 0, or the mean over heads. */
    head: z.union([z.literal("mean"), z.int().nonnegative().max(1023)]).default("mean"),
  }),
  foreground: z.object({}),
} as const satisfies Record<ProbeName, z.ZodType>;

/** Options as a caller may write them, defaults left out. */
export type ProbeOptionsInput<P extends ProbeName> = z.input<(typeof probeOptions)[P]>;
/** Options with every default filled in. */
export type ProbeOptions<P extends ProbeName> = z.output<(typeof probeOptions)[P]>;

/** A probe with its options, as it is asked for. */
export const probeCall = z.discriminatedUnion("probe", [
  z.object({ probe: z.literal("cosine"), options: probeOptions.cosine }),
  z.object({ probe: z.literal("pca"), options: probeOptions.pca }),
  z.object({ probe: z.literal("gram"), options: probeOptions.gram }),
  z.object({ probe: z.literal("norm"), options: probeOptions.norm }),
  z.object({ probe: z.literal("cls"), options: probeOptions.cls }),
  z.object({ probe: z.literal("kmeans"), options: probeOptions.kmeans }),
  z.object({ probe: z.literal("attention"), options: probeOptions.attention }),
  z.object({ probe: z.literal("foreground"), options: probeOptions.foreground }),
]);
export type ProbeCall = z.output<typeof probeCall>;

/**
 * How a map is to be drawn.
 *   scalar  [h, w] float32, one colour scale over `range`; NaN is "no value"
 *   rgb     [h, w, 3] float32 in 0..1; NaN in all three is "left out" and drawn black
 *   labels  [h, w] int32, a categorical colour each; -1 is "none"
 *   mask    [h, w] uint8, 0 or 1
 *   matrix  [n, n] float32, one colour scale over `range`; not laid over the photograph
 */
export const mapKinds = ["scalar", "rgb", "labels", "mask", "matrix"] as const;

export const probeMap = z.object({
  name: z.string(),
  kind: z.enum(mapKinds),
  values: wireTensor,
  /** Ends of the colour scale; [0, 1] for rgb and mask, [0, k - 1] for labels. */
  range: z.tuple([z.number(), z.number()]),
  /** What the values are: "cosine", "L2 norm", ... */
  unit: z.string(),
});
export type ProbeMap = z.infer<typeof probeMap>;

export const probeResult = z.object({
  probe: z.enum(probeNames),
  /** The first map is the one to show. */
  maps: z.array(probeMap).min(1),
  /** CLS and registers as cells of their own, in the unit of the first map. */
  tokens: z.array(z.object({ name: z.string(), value: z.number(), outlier: z.boolean() })),
  /** Patches worth pointing at, best first: matches of a query, outliers of a norm. */
  marks: z.array(
    z.object({ patch: patchPosition, value: z.number(), kind: z.enum(["match", "outlier"]) }),
  ),
  /** Results in figures; `text` has the unit where it needs one. */
  numbers: z.array(z.object({ label: z.string(), value: z.number(), unit: z.string() })),
  /** How the picture came about, one setting a line: enough to repeat it elsewhere. */
  recipe: z.array(z.object({ label: z.string(), text: z.string() })),
  /** Gram only: the patch (row-major index) behind each row before pooling, int32 [P]. */
  order: wireTensor.optional(),
  /**
   * PCA only: every patch along the three components, float32 [P, 3], in the features' own unit; the
   * mean of the fitted patches is 0. Patches that the picture leaves out have their place as well.
   */
  coordinates: wireTensor.optional(),
});
export type ProbeResult = z.infer<typeof probeResult>;
