/**
 * The self-supervised objective as one pure function: DINO on global and local crops, iBOT on masked
 * patches, KoLeo and Gram anchoring (reference dinov3.md C.1 and C.2).
 */
import * as tf from "@tensorflow/tfjs-core";
import { dinoLoss, dinoScales } from "../losses/dino.ts";
import { gramLoss, type GramOptions } from "../losses/gram.ts";
import { ibotLoss } from "../losses/ibot.ts";
import { koleoLoss } from "../losses/koleo.ts";
import { resizeFeatures } from "../losses/resize.ts";
import { sinkhorn } from "../losses/targets.ts";
import { encode, type Rope } from "../model/backbone.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { headForward } from "../model/head.ts";

type Params = Readonly<Record<string, tf.Tensor>>;

/** One network: its backbone and both heads, each by the names of its own parameters. */
export interface Network {
  readonly backbone: Params;
  readonly dinoHead: Params;
  readonly ibotHead: Params;
}

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

/** Rotary tables of each kind of crop. */
export interface Ropes {
  readonly global: Rope;
  readonly local: Rope | undefined;
  readonly gram: Rope | undefined;
}

export interface ObjectiveOptions {
  readonly config: VitConfig;
  readonly studentTemperature: number;
  readonly sinkhornIterations: number;
  readonly weights: { readonly dino: number; readonly ibot: number; readonly koleo: number };
  readonly koleoGroup: number | undefined;
  readonly gram: GramOptions | undefined;
}

/** What changes from step to step, each a scalar. */
export interface ObjectiveScalars {
  readonly teacherTemperature: tf.Scalar;
  readonly dinoLocalWeight: tf.Scalar;
  readonly gramWeight: tf.Scalar;
}

/** Unweighted, as metrics.jsonl has them; a term that is not used is absent. */
export type Terms = Partial<
  Record<"dino_global" | "dino_local" | "ibot" | "koleo" | "gram", tf.Scalar>
>;

/** What the teachers say about a batch; no gradient comes from here. */
export interface Targets {
  /** Probabilities [2, B, K]. */
  readonly dino: tf.Tensor3D;
  /** Probabilities [m, K]. */
  readonly ibot: tf.Tensor2D;
  /** The Gram teacher's patches on the student's grid, [2B, P, d]. */
  readonly gram: tf.Tensor3D | undefined;
}

export function teacherTargets(
  options: ObjectiveOptions,
  teacher: Network,
  gramTeacher: Params | undefined,
  batch: BatchTensors,
  ropes: Ropes,
  { teacherTemperature }: Pick<ObjectiveScalars, "teacherTemperature">,
): Targets {
  const { config, sinkhornIterations } = options;
  const crops = batch.global.shape[0];
  const tokens = encode(config, teacher.backbone, batch.global, ropes.global);
  const cls = headForward(teacher.dinoHead, clsOf(tokens)).logits;
  const masked = tf.gather(patchRows(config, tokens), batch.maskIndices);
  const patches = headForward(teacher.ibotHead, masked).logits;
  const dino = sinkhorn(cls, teacherTemperature, sinkhornIterations);
  return {
    dino: tf.reshape(dino, [2, crops / 2, dino.shape[1]]),
    ibot: sinkhorn(patches, teacherTemperature, sinkhornIterations),
    gram: options.gram && gramPatches(config, gramTeacher ?? teacher.backbone, batch, ropes),
  };
}

/** The Gram teacher's patches, brought to the student's grid before they are normalised (C.2). */
function gramPatches(
  config: VitConfig,
  teacher: Params,
  batch: BatchTensors,
  ropes: Ropes,
): tf.Tensor3D {
  const view = batch.gram ?? batch.global;
  const patches = patchesOf(config, encode(config, teacher, view, ropes.gram ?? ropes.global));
  const [from, to] = [view, batch.global].map(({ shape }) => ({
    rows: shape[2] / config.patch,
    cols: shape[3] / config.patch,
  }));
  return from!.rows === to!.rows && from!.cols === to!.cols
    ? patches
    : resizeFeatures(patches, from!, to!);
}

/** @returns the weighted sum and the unweighted terms */
export function studentObjective(
  options: ObjectiveOptions,
  student: Network,
  targets: Targets,
  batch: BatchTensors,
  ropes: Ropes,
  scalars: ObjectiveScalars,
): { total: tf.Scalar; terms: Terms } {
  const { config, studentTemperature, weights } = options;
  const crops = batch.global.shape[0];
  const b = crops / 2;
  const globals = encode(config, student.backbone, batch.global, ropes.global, batch.masks);
  const globalCls = clsOf(globals);
  const locals = batch.local && encode(config, student.backbone, batch.local, ropes.local!);
  const localCrops = locals ? locals.shape[0] / b : 0;

  // One pass of the head over every crop.
  const cls = locals ? tf.concat([globalCls, clsOf(locals)]) : globalCls;
  const { logits } = headForward(student.dinoHead, cls);
  const k = logits.shape[1];
  const perCrop = (first: number, count: number) =>
    tf.reshape<tf.Rank.R3>(tf.slice(logits, [first * b, 0], [count * b, k]), [count, b, k]);

  const terms: Terms = {};
  const parts: tf.Scalar[] = [];
  const add = (name: keyof Terms, term: tf.Scalar, weight: number | tf.Scalar) => {
    terms[name] = term;
    parts.push(tf.mul(term, weight));
  };

  const scales = dinoScales(2, localCrops);
  const dinoOptions = { studentTemperature, ignoreDiagonal: true };
  add(
    "dino_global",
    dinoLoss(perCrop(0, 2), targets.dino, dinoOptions),
    weights.dino * scales.global,
  );
  if (localCrops > 0) {
    const local = dinoLoss(perCrop(2, localCrops), targets.dino, {
      ...dinoOptions,
      ignoreDiagonal: false,
    });
    add("dino_local", local, tf.mul(scalars.dinoLocalWeight, weights.dino * scales.local));
  }

  const masked = tf.gather<tf.Tensor2D>(patchRows(config, globals), batch.maskIndices);
  const patchLogits = headForward(student.ibotHead, masked).logits;
  const ibot = ibotLoss(patchLogits, targets.ibot, batch.maskWeights, crops, studentTemperature);
  add("ibot", ibot, weights.ibot);

  if (weights.koleo > 0) {
    const { koleoGroup: groupSize } = options;
    const [one, two] = tf
      .split(globalCls, 2)
      .map((crop) => koleoLoss(crop as tf.Tensor2D, groupSize === undefined ? {} : { groupSize }));
    // The official code logs the mean over the crops and weighs their sum.
    add("koleo", tf.mul(tf.add(one!, two!), 0.5), 2 * weights.koleo);
  }
  if (options.gram && targets.gram) {
    const gram = gramLoss(patchesOf(config, globals), targets.gram, options.gram);
    add("gram", gram, scalars.gramWeight);
  }
  return { total: tf.addN(parts), terms };
}

/** [b, n, d] -> [b, d] */
function clsOf(tokens: tf.Tensor3D): tf.Tensor2D {
  const [b, , d] = tokens.shape;
  return tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, d]), [b, d]);
}

/** [b, n, d] -> [b, P, d] */
function patchesOf(config: VitConfig, tokens: tf.Tensor3D): tf.Tensor3D {
  const [b, n, d] = tokens.shape;
  const prefix = prefixTokens(config);
  return tf.slice(tokens, [0, prefix, 0], [b, n - prefix, d]);
}

/** [b, n, d] -> [b * P, d] */
function patchRows(config: VitConfig, tokens: tf.Tensor3D): tf.Tensor2D {
  const [b, p, d] = patchesOf(config, tokens).shape;
  return tf.reshape(patchesOf(config, tokens), [b * p, d]);
}
