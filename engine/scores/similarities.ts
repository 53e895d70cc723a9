/** The cosines that all scores of one image are made of, in one run of one program. */
import * as tf from "@tensorflow/tfjs-core";
import type { HostTensor, PreparedProgram, Program } from "../executors/executor.ts";
import { unitRows } from "../losses/unit-rows.ts";
import { matrix } from "../probes/products.ts";
import { halved, type ViewName, type ViewTokens } from "./views.ts";

/** The views of one image, and what it is compared with. */
export type ImageTokens = Readonly<Record<ViewName, ViewTokens>> & {
  /** Base of another image, by the same model. */
  readonly partner?: ViewTokens | undefined;
  /** Base of this image by the model of reference, whose width may be another. */
  readonly reference?: ViewTokens | undefined;
};

/** Rows [rows, cols] of cosines in [-1, 1], up to rounding. */
export interface CosineMatrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/**
 * P patches of base and shifted, Q of the crop and of fine after {@link halved}.
 * A row of zeros has cosine 0 with all.
 */
export interface Similarities {
  /** Base with its CLS token, [P, 1]. */
  readonly baseToCls: CosineMatrix;
  /** [P, P] */
  readonly baseToBase: CosineMatrix;
  /** Base with shifted, [P, P]. */
  readonly baseToShifted: CosineMatrix;
  /** Crop with base, [Q, P]. */
  readonly cropToBase: CosineMatrix;
  /** [Q, Q] */
  readonly cropToCrop: CosineMatrix;
  /** [Q, Q] */
  readonly fineToFine: CosineMatrix;
  /** Fine with crop, [Q, Q]. */
  readonly fineToCrop: CosineMatrix;
  /** Base with base of the partner, [P, P]. */
  readonly baseToPartner?: CosineMatrix;
  /** [P, P] */
  readonly referenceToReference?: CosineMatrix;
  /**
   * Inner products, not cosines, of base's patches [P, P], or of their channels [d, d] where those
   * are fewer: either has the squared singular values of the features as its spectrum.
   */
  readonly products: CosineMatrix;
}

type Inputs = "base" | "cls" | "shifted" | "crop" | "fine" | "partner" | "reference";
type MatrixName = keyof Similarities;

/** Which inputs make a matrix. */
const factors: Record<MatrixName, readonly [Inputs, Inputs]> = {
  baseToCls: ["base", "cls"],
  baseToBase: ["base", "base"],
  baseToShifted: ["base", "shifted"],
  cropToBase: ["crop", "base"],
  cropToCrop: ["crop", "crop"],
  fineToFine: ["fine", "fine"],
  fineToCrop: ["fine", "crop"],
  baseToPartner: ["base", "partner"],
  referenceToReference: ["reference", "reference"],
  products: ["base", "base"],
};

/** All matrices whose factors are given; `products` without normalisation, the others of unit rows. */
function similarityProgram(feeds: Partial<Record<Inputs, HostTensor>>): Program {
  const shapes = Object.entries(feeds).map(([name, { shape }]) => `${name} ${shape.join("x")}`);
  return {
    name: `scores.similarities ${shapes.join(", ")}`,
    inputs: Object.fromEntries(
      Object.entries(feeds).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
    ),
    params: {},
    build: (inputs) => {
      const unit = Object.fromEntries(
        Object.entries(inputs).map(([name, rows]) => [name, unitRows(rows)]),
      );
      const entries = matricesOf(feeds).map((name) => {
        const [a, b] = factors[name];
        if (name === "products") return [name, smallerProducts(inputs[a] as tf.Tensor2D)];
        return [name, tf.matMul(unit[a] as tf.Tensor2D, unit[b] as tf.Tensor2D, false, true)];
      });
      return Object.fromEntries(entries) as Record<MatrixName, tf.Tensor>;
    },
  };
}

function smallerProducts(x: tf.Tensor2D): tf.Tensor {
  const [p, d] = x.shape;
  return tf.matMul(x, x, d < p, d >= p);
}

function matricesOf(feeds: Partial<Record<Inputs, unknown>>): MatrixName[] {
  return (Object.keys(factors) as MatrixName[]).filter((name) =>
    factors[name].every((factor) => factor in feeds),
  );
}

/** @param prepare keeps what it prepared, by the program's name */
export async function measureSimilarities(
  tokens: ImageTokens,
  prepare: (program: Program) => Promise<PreparedProgram>,
): Promise<Similarities> {
  const { base, shifted, crop, fine, partner, reference } = tokens;
  const patches = (view: ViewTokens) => matrix(view.patches, view.rows * view.cols, view.width);
  const feeds: Partial<Record<Inputs, HostTensor>> = {
    base: patches(base),
    cls: matrix(base.cls, 1, base.width),
    shifted: patches(shifted),
    crop: patches(crop),
    fine: matrix(halved(fine), (fine.rows * fine.cols) / 4, fine.width),
    ...(partner ? { partner: patches(partner) } : {}),
    ...(reference ? { reference: patches(reference) } : {}),
  };
  const names = matricesOf(feeds);
  const prepared = await prepare(similarityProgram(feeds));
  const outputs = await prepared.run(feeds, names);
  const found: Partial<Record<MatrixName, CosineMatrix>> = {};
  for (const name of names) {
    const { shape, data } = outputs[name]!;
    found[name] = { values: data as Float32Array, rows: shape[0]!, cols: shape[1]! };
  }
  return found as Similarities;
}
