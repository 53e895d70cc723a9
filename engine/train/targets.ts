/**
 * What teachers say about a batch: prototypes' probabilities, features, and the patches whose
 * similarities are held to (reference dinov3.md C.2 and D). No gradient comes from here.
 */
import * as tf from "@tensorflow/tfjs-core";
import { resizeFeatures, type ResizeMethod } from "../losses/resize.ts";
import { centredTargets, nextCentre, sinkhorn } from "../losses/targets.ts";
import { encode, type Rope } from "../model/backbone.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { headForward } from "../model/head.ts";

export type Params = Readonly<Record<string, tf.Tensor>>;

/** One network: its backbone and what stands on it, each by the names of its own parameters. */
export interface Network {
  readonly backbone: Params;
  readonly dinoHead?: Params | undefined;
  readonly ibotHead?: Params | undefined;
  readonly adapter?: Params | undefined;
}

/** How a teacher's logits become targets. */
export type TargetOptions =
  | { readonly kind: "sinkhorn"; readonly iterations: number }
  | { readonly kind: "centring"; readonly momentum: number };

/** Running centres, each [1, K]. */
export interface Centres {
  readonly dino?: tf.Tensor2D | undefined;
  readonly ibot?: tf.Tensor2D | undefined;
}

export interface PrototypeTargets {
  /** Probabilities [2, B, K]. */
  readonly dino?: tf.Tensor3D | undefined;
  /** Probabilities [m, K] of the masked patches. */
  readonly ibot?: tf.Tensor2D | undefined;
  /** The centres after this batch; empty with Sinkhorn. */
  readonly centres: Centres;
}

/**
 * @param global      [2B, 3, H, W], never masked for a teacher
 * @param maskIndices int32 [m], the masked patches among 2B * P
 */
export function prototypeTargets(
  config: VitConfig,
  options: TargetOptions,
  teacher: Network,
  global: tf.Tensor4D,
  maskIndices: tf.Tensor1D,
  rope: Rope,
  temperature: tf.Scalar,
  centres: Centres,
): PrototypeTargets {
  const tokens = encode(config, teacher.backbone, global, rope);
  const assign = (logits: tf.Tensor2D, centre: tf.Tensor2D | undefined) => {
    if (options.kind === "sinkhorn") {
      return { targets: sinkhorn(logits, temperature, options.iterations), next: undefined };
    }
    return {
      targets: centredTargets(logits, centre!, temperature),
      next: nextCentre(centre!, logits, options.momentum),
    };
  };
  const cls =
    teacher.dinoHead && assign(headForward(teacher.dinoHead, clsOf(tokens)).logits, centres.dino);
  const masked =
    teacher.ibotHead &&
    assign(
      headForward(teacher.ibotHead, tf.gather(patchRows(config, tokens), maskIndices)).logits,
      centres.ibot,
    );
  const images = global.shape[0] / 2;
  return {
    dino: cls && tf.reshape(cls.targets, [2, images, cls.targets.shape[1]]),
    ibot: masked?.targets,
    centres: { dino: cls?.next, ibot: masked?.next },
  };
}

/**
 * A Gram teacher's patches on the student's grid, [2B, P, d]: interpolated before they are
 * normalised (C.2).
 * @param view   [2B, 3, H2, W2]
 * @param global [2B, 3, H, W], what the student sees
 */
export function gramTargets(
  config: VitConfig,
  teacher: Params,
  view: tf.Tensor4D,
  global: tf.Tensor4D,
  rope: Rope,
  resize: ResizeMethod,
): tf.Tensor3D {
  const patches = patchesOf(config, encode(config, teacher, view, rope));
  const [from, to] = [view, global].map(({ shape }) => ({
    rows: shape[2] / config.patch,
    cols: shape[3] / config.patch,
  }));
  return from!.rows === to!.rows && from!.cols === to!.cols
    ? patches
    : resizeFeatures(patches, from!, to!, resize);
}

/** [b, n, d] -> [b, d] */
export function clsOf(tokens: tf.Tensor3D): tf.Tensor2D {
  const [b, , d] = tokens.shape;
  return tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, d]), [b, d]);
}

/** [b, n, d] -> [b, P, d] */
export function patchesOf(config: VitConfig, tokens: tf.Tensor3D): tf.Tensor3D {
  const [b, n, d] = tokens.shape;
  const prefix = prefixTokens(config);
  return tf.slice(tokens, [0, prefix, 0], [b, n - prefix, d]);
}

/** [b, n, d] -> [b * P, d] */
export function patchRows(config: VitConfig, tokens: tf.Tensor3D): tf.Tensor2D {
  const [b, p, d] = patchesOf(config, tokens).shape;
  return tf.reshape(patchesOf(config, tokens), [b * p, d]);
}
