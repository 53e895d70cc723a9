/**
 * The student's side of the objective as one pure function: DINO on global and local crops, iBOT on
 * masked patches, KoLeo, Gram anchoring and matched features (reference dinov3.md C.1, C.2 and D).
 */
import * as tf from "@tensorflow/tfjs-core";
import { dinoLoss, dinoScales } from "../losses/dino.ts";
import { featureLoss, type FeatureLossKind } from "../losses/features.ts";
import { gramLoss, gramStatistics, type GramOptions } from "../losses/gram.ts";
import { ibotLoss } from "../losses/ibot.ts";
import { koleoLoss } from "../losses/koleo.ts";
import type { ResizeMethod } from "../losses/resize.ts";
import { encode, type Rope } from "../model/backbone.ts";
import type { VitConfig } from "../model/config.ts";
import { headForward } from "../model/head.ts";
import {
  clsOf,
  patchesOf,
  patchRows,
  type Network,
  type Params,
  type PrototypeTargets,
  type TargetOptions,
} from "./targets.ts";

/** Crops are stacked crop-major: index = crop * B + image. */
export interface BatchTensors {
  /** [2B, 3, H, W] */
  readonly global: tf.Tensor4D;
  /** [nB, 3, h, w]; absent without local crops. */
  readonly local: tf.Tensor4D | undefined;
  /** [2B, 3, H2, W2], the Gram teacher's view; absent where it sees the global crops. */
  readonly gram: tf.Tensor4D | undefined;
  /** [2B, P], 1 where a patch is masked. */
  readonly masks: tf.Tensor2D;
  /** int32 [m], the masked patches among 2B * P. */
  readonly maskIndices: tf.Tensor1D;
  /** [m], 1 / number of masked patches in that crop. */
  readonly maskWeights: tf.Tensor1D;
}

/** What the student's passes are given beside the crops. */
export interface StudentPasses {
  readonly global: { readonly rope: Rope; readonly keeps: tf.Tensor2D | undefined };
  readonly local: { readonly rope: Rope; readonly keeps: tf.Tensor2D | undefined } | undefined;
}

export interface ObjectiveOptions {
  readonly config: VitConfig;
  readonly studentTemperature: number;
  readonly targets: TargetOptions;
  readonly weights: { readonly dino: number; readonly ibot: number; readonly koleo: number };
  readonly koleoGroup: number | undefined;
  readonly gram:
    (GramOptions & { readonly resize: ResizeMethod; readonly hasStatistics: boolean }) | undefined;
  /** Matched features, where a student is distilled without prototypes. */
  readonly features:
    { readonly loss: FeatureLossKind; readonly cls: number; readonly patches: number } | undefined;
  /** False in distillation: the student sees what the teacher sees (reference, trap 15). */
  readonly isMasked: boolean;
  readonly recompute: boolean;
}

/** What changes from step to step, each a scalar. */
export interface ObjectiveScalars {
  readonly dinoLocalWeight: tf.Scalar;
  readonly gramWeight: tf.Scalar;
}

/** Names of the terms in metrics.jsonl, in its order. */
export const termNames = [
  "dino_global",
  "dino_local",
  "ibot",
  "koleo",
  "gram",
  "features_cls",
  "features_patches",
  "gram_masked",
  "gram_unmasked",
] as const;

/** Unweighted; a term that is not used is absent. */
export type Terms = Partial<Record<(typeof termNames)[number], tf.Scalar>>;

/** What the student is held to. */
export interface Targets extends Omit<PrototypeTargets, "centres"> {
  /** The Gram teacher's patches on the student's grid, [2B, P, d]. */
  readonly gram?: tf.Tensor3D | undefined;
  /** A fixed teacher's features after its final norm, [2B, e] and [2B, P, e]. */
  readonly features?: { readonly cls: tf.Tensor2D; readonly patches: tf.Tensor3D } | undefined;
}

/** Which terms the options lead to, by name. */
export function termsOf(
  { weights, gram, features }: ObjectiveOptions,
  localCrops: number,
): (typeof termNames)[number][] {
  const used: Record<(typeof termNames)[number], boolean> = {
    dino_global: weights.dino > 0,
    dino_local: weights.dino > 0 && localCrops > 0,
    ibot: weights.ibot > 0,
    koleo: weights.koleo > 0,
    gram: gram !== undefined,
    features_cls: (features?.cls ?? 0) > 0,
    features_patches: (features?.patches ?? 0) > 0,
    gram_masked: gram?.hasStatistics === true,
    gram_unmasked: gram?.hasStatistics === true,
  };
  return termNames.filter((name) => used[name]);
}

/** @returns the weighted sum and the unweighted terms */
export function studentObjective(
  options: ObjectiveOptions,
  student: Network,
  targets: Targets,
  batch: BatchTensors,
  passes: StudentPasses,
  scalars: ObjectiveScalars,
): { total: tf.Scalar; terms: Terms } {
  const { config, weights, recompute } = options;
  const globals = encode(config, student.backbone, batch.global, passes.global.rope, {
    masks: options.isMasked ? batch.masks : undefined,
    keeps: passes.global.keeps,
    recompute,
  });
  const globalCls = clsOf(globals);
  const { terms, total, add } = sum();

  if (weights.dino > 0) {
    const locals =
      batch.local &&
      encode(config, student.backbone, batch.local, passes.local!.rope, {
        keeps: passes.local!.keeps,
        recompute,
      });
    const dino = dinoTerms(options, student.dinoHead!, globalCls, locals, targets.dino!);
    const local = tf.mul<tf.Scalar>(scalars.dinoLocalWeight, weights.dino * dino.scales.local);
    add("dino_global", dino.global, weights.dino * dino.scales.global);
    if (dino.local) add("dino_local", dino.local, local);
  }
  if (weights.ibot > 0) {
    const masked = tf.gather<tf.Tensor2D>(patchRows(config, globals), batch.maskIndices);
    const { logits } = headForward(student.ibotHead!, masked);
    const crops = batch.global.shape[0];
    const { studentTemperature } = options;
    const ibot = ibotLoss(logits, targets.ibot!, batch.maskWeights, crops, studentTemperature);
    add("ibot", ibot, weights.ibot);
  }
  if (weights.koleo > 0) {
    const { koleoGroup: groupSize } = options;
    const [one, two] = tf
      .split(globalCls, 2)
      .map((crop) => koleoLoss(crop as tf.Tensor2D, groupSize === undefined ? {} : { groupSize }));
    // The official code logs the mean over the crops and weighs their sum.
    add("koleo", tf.mul(tf.add(one!, two!), 0.5), 2 * weights.koleo);
  }
  if (options.gram && targets.gram) {
    const patches = patchesOf(config, globals);
    add("gram", gramLoss(patches, targets.gram, options.gram, batch.masks), scalars.gramWeight);
    if (options.gram.hasStatistics) {
      const { normalised, negatives } = options.gram;
      const parts = gramStatistics(patches, targets.gram, batch.masks, normalised, negatives);
      terms.gram_masked = parts.masked;
      terms.gram_unmasked = parts.unmasked;
    }
  }
  if (options.features && targets.features) {
    const { loss, ...featureWeights } = options.features;
    const adapt = (tokens: tf.Tensor3D) => adapted(student.adapter, tokens);
    const { cls, patches } = targets.features;
    const [b, d] = globalCls.shape;
    if (featureWeights.cls > 0) {
      const ours = adapt(tf.reshape(globalCls, [b, 1, d]));
      add("features_cls", featureLoss(ours, tf.expandDims(cls, 1), loss), featureWeights.cls);
    }
    if (featureWeights.patches > 0) {
      const ours = adapt(patchesOf(config, globals));
      add("features_patches", featureLoss(ours, patches, loss), featureWeights.patches);
    }
  }
  return { total: total(), terms };
}

/** Both DINO terms from one pass of the head over every crop. */
function dinoTerms(
  { studentTemperature }: ObjectiveOptions,
  head: Params,
  globalCls: tf.Tensor2D,
  locals: tf.Tensor3D | undefined,
  targets: tf.Tensor3D,
) {
  const images = globalCls.shape[0] / 2;
  const localCrops = locals ? locals.shape[0] / images : 0;
  const { logits } = headForward(head, locals ? tf.concat([globalCls, clsOf(locals)]) : globalCls);
  const k = logits.shape[1];
  const crops = (first: number, count: number) =>
    tf.reshape<tf.Rank.R3>(tf.slice(logits, [first * images, 0], [count * images, k]), [
      count,
      images,
      k,
    ]);
  const options = { studentTemperature, ignoreDiagonal: true };
  return {
    scales: dinoScales(2, localCrops),
    global: dinoLoss(crops(0, 2), targets, options),
    local:
      localCrops === 0
        ? undefined
        : dinoLoss(crops(2, localCrops), targets, { ...options, ignoreDiagonal: false }),
  };
}

/** x W^T + b over the tokens, or x where the widths are the same. */
function adapted(adapter: Params | undefined, x: tf.Tensor3D): tf.Tensor3D {
  const weight = adapter?.["weight"] as tf.Tensor2D | undefined;
  if (!weight) return x;
  const [b, n, d] = x.shape;
  const rows = tf.matMul(tf.reshape<tf.Rank.R2>(x, [b * n, d]), weight, false, true);
  return tf.reshape(tf.add(rows, adapter!["bias"]!), [b, n, weight.shape[0]]);
}

function sum() {
  const terms: Terms = {};
  const parts: tf.Scalar[] = [];
  return {
    terms,
    add: (name: keyof Terms, term: tf.Scalar, weight: number | tf.Scalar) => {
      terms[name] = term;
      parts.push(tf.mul(term, weight));
    },
    total: () => tf.addN(parts),
  };
}
