/** The binned depth head and its loss: a linear map to weights of depths (dinov3.md F.2). */
import * as tf from "@tensorflow/tfjs-core";
import type { DepthImage } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { cell } from "./patch-labels.ts";
import type { HeadTask } from "./train-head.ts";

export interface DepthBins {
  readonly count: number;
  /** Metres; the first and the last bin. */
  readonly range: readonly [nearest: number, farthest: number];
}

/** Against the logarithm of nothing, in metres; the official code's. */
const logShift = 1e-3;
/** What is added to a bin's weight after the rectifier, so that no patch is without depth. */
const floor = 0.1;
/** How much of the squared mean of the log errors counts beside their variance. */
const meanPart = 0.15;
/** Steps during which the mean alone is corrected. */
const warmup = 100;

/** @returns float64 [count], evenly spread from the nearest to the farthest, both included */
export function binDepths({ count, range: [nearest, farthest] }: DepthBins): Float64Array {
  const step = (farthest - nearest) / (count - 1);
  return Float64Array.from({ length: count }, (_, k) => nearest + k * step);
}

/**
 * depth = sum_k (relu(x_k) + 0.1) bin_k / sum_k (relu(x_k) + 0.1)
 * @param outputs float32 [n, bins.count]
 * @returns float32 [n], metres
 */
export function expectedDepths(outputs: Float32Array, bins: DepthBins): Float32Array {
  const depths = binDepths(bins);
  return Float32Array.from({ length: outputs.length / bins.count }, (_, i) => {
    let [weights, sum] = [0, 0];
    for (let k = 0; k < bins.count; k++) {
      const weight = Math.max(0, outputs[i * bins.count + k]!) + floor;
      weights += weight;
      sum += weight * depths[k]!;
    }
    return sum / weights;
  });
}

/**
 * SigLoss: sqrt(variance of g + 0.15 mean(g)^2), g = ln(p + 0.001) - ln(t + 0.001) over all pixels
 * of the batch, the variance over N - 1 and left out for the first 100 steps (Eigen et al. 2014 by
 * way of AdaBins, arXiv:2011.14141).
 *
 * A patch stands for its pixels, which all have its prediction when depths are enlarged by
 * repetition: with count N_i, mean m_i and variance v_i of a patch's ln(t + 0.001), and l_i its
 * ln(p + 0.001), the sum of g is sum N_i (l_i - m_i) and that of g^2 sum N_i ((l_i - m_i)^2 + v_i).
 * So the loss is that over pixels, and the work that over patches. Targets: N_i, m_i, v_i.
 */
export function depthTask(bins: DepthBins): HeadTask {
  return {
    name: `depth ${bins.range.join(" ")}`,
    outputs: bins.count,
    targets: 3,
    phaseAt: (step) => (step < warmup ? 0 : 1),
    loss: (outputs, targets, phase) => {
      const [n, s] = outputs.shape;
      const weights = tf.add(tf.relu(outputs), floor);
      const depths = tf.tensor1d(Float32Array.from(binDepths(bins)));
      const expected = tf.div(tf.sum(tf.mul(weights, depths), 2), tf.sum(weights, 2)); // [n, s]
      const column = (k: number) => tf.slice(targets, [0, k], [n, 1]); //                 [n, 1]
      const [count, mean, variance] = [column(0), column(1), column(2)];
      const g = tf.sub(tf.log(tf.add(expected, logShift)), mean);
      const total = tf.maximum(tf.sum(count), 2);
      const meanG = tf.div(tf.sum(tf.mul(count, g), 0), total); //                        [s]
      // Around the mean: the difference of two large sums would lose what float32 has.
      const apart = tf.square(tf.sub(g, tf.reshape(meanG, [1, s])));
      const squares = tf.sum(tf.mul(count, tf.add(apart, variance)), 0);
      const spread = tf.mul(phase, tf.div(squares, tf.sub(total, 1)));
      // Where all is right the root has no gradient.
      const inside = tf.add(spread, tf.mul(tf.square(meanG), meanPart));
      return tf.sqrt<tf.Tensor1D>(tf.add(inside, 1e-12));
    },
  };
}

/** N, mean and variance of ln(t + 0.001) for every patch: what the loss knows of its pixels. */
export class PatchDepths {
  private readonly pictures: Float32Array[] = [];
  private readonly starts = [0];

  /** Patches so far. */
  get count(): number {
    return this.starts.at(-1)!;
  }

  /**
   * Add the patches of one picture, in raster order; pixels that are not known, or outside the
   * range, count for nothing. N is in pixels of the backbone's input.
   * @param area of a patch in pixels of the input
   * @throws EngineError "image.size" for depths of another size than their picture
   */
  add(item: DepthImage, rows: number, cols: number, area: number, bins: DepthBins): void {
    checkDepths(item);
    const { width, height } = item.picture;
    const [nearest, farthest] = bins.range;
    const count = new Float64Array(rows * cols);
    const sum = new Float64Array(rows * cols);
    const square = new Float64Array(rows * cols);
    for (let y = 0; y < height; y++) {
      const first = cell(y, height, rows) * cols;
      for (let x = 0; x < width; x++) {
        const depth = item.depth[y * width + x]!;
        if (!(depth > 0 && depth >= nearest && depth <= farthest)) continue;
        const patch = first + cell(x, width, cols);
        const log = Math.log(depth + logShift);
        count[patch]! += 1;
        sum[patch]! += log;
        square[patch]! += log * log;
      }
    }
    const scale = (area * rows * cols) / (width * height);
    const own = new Float32Array(3 * rows * cols);
    for (let patch = 0; patch < rows * cols; patch++) {
      if (count[patch] === 0) continue;
      const mean = sum[patch]! / count[patch]!;
      const variance = Math.max(0, square[patch]! / count[patch]! - mean * mean);
      own.set([count[patch]! * scale, mean, variance], 3 * patch);
    }
    this.pictures.push(own);
    this.starts.push(this.count + rows * cols);
  }

  /** Whether the depth of any pixel is known. */
  isLabelled(patch: number): boolean {
    return this.of(patch)[0]! > 0;
  }

  /** @param out float32 [patches.length, 3] */
  read(patches: ArrayLike<number>, out: Float32Array): void {
    for (let i = 0; i < patches.length; i++) out.set(this.of(patches[i]!), 3 * i);
  }

  /** The geometric mean of a patch's depths, in metres, and its weight. */
  typical(patch: number): { depth: number; weight: number } {
    const [weight, mean] = this.of(patch);
    return { depth: Math.exp(mean!) - logShift, weight: weight! };
  }

  private of(patch: number): Float32Array {
    let [low, high] = [0, this.pictures.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= patch) low = middle;
      else high = middle - 1;
    }
    const at = 3 * (patch - this.starts[low]!);
    return this.pictures[low]!.subarray(at, at + 3);
  }
}

/** @throws EngineError "image.size" for depths of another size than their picture */
export function checkDepths({ picture, depth }: DepthImage): void {
  const { name, width, height } = picture;
  if (depth.length === width * height) return;
  throw new EngineError(
    "image.size",
    `${name}: expected ${width} × ${height} depths as the picture has pixels, received ${depth.length}`,
  );
}
