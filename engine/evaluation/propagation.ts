/**
 * Labels carried from frame to frame: every patch takes those of the patches most like it in the
 * first and the last few frames (Jabri et al. 2020, arXiv:2006.14613, as in dinov3.md F.3).
 */
import * as tf from "@tensorflow/tfjs-core";
import type { PreparedProgram, Program } from "../executors/executor.ts";
import { matrix } from "../probes/products.ts";
import { normaliseRows } from "../probes/rows.ts";
import type { FrozenFeatures } from "./frozen.ts";
import type { PreparedPrograms } from "./similarity.ts";

export interface PropagationSettings {
  /** Frames before this one that are looked at, besides the first. */
  readonly context: number;
  /** How far a patch looks, in patches; Infinity for everywhere. */
  readonly radius: number;
  /** What lies within the radius: a disk, or a square of side 2 radius + 1. */
  readonly shape: "circle" | "square";
  /** Patches that are taken, of all frames together. */
  readonly neighbours: number;
  /** Of the softmax over their cosines. */
  readonly temperature: number;
}

/** Patches brought to length 1, with the labels that they were given. */
interface LabelledFrame {
  readonly unit: Float32Array;
  readonly labels: Float32Array;
}

/** Scores with this added are never among the best, and weigh exactly 0 where there are no others. */
const excluded = -1e9;
/** Most scores that one run of the program holds: 64 MiB of them. */
const maxScores = 2 ** 24;
const maxQueries = 1024;

/** One sequence: give it the first frame with its labels, then the others in order. */
export class Propagation {
  private readonly first: LabelledFrame;
  private readonly recent: LabelledFrame[] = [];
  private readonly near = new Map<string, Float32Array>();
  private readonly rows: number;
  private readonly cols: number;
  private readonly width: number;
  /** Rows of the grid that ask at once, and that are looked at by them. */
  private readonly askingRows: number;
  private readonly seenRows: number;
  private readonly neighbours: number;

  /** @param labels [P, classes], each row of sum 1 */
  constructor(
    features: FrozenFeatures,
    labels: Float32Array,
    private readonly classes: number,
    private readonly settings: PropagationSettings,
    private readonly programs: PreparedPrograms,
  ) {
    const { rows, cols, width } = features;
    [this.rows, this.cols, this.width] = [rows, cols, width];
    this.first = { unit: unitPatches(features), labels };
    const frames = settings.context + 1;
    const seen = (asking: number) => Math.min(rows, asking + 2 * Math.ceil(settings.radius));
    let asking = rows;
    while (
      asking > 1 &&
      (asking * cols > maxQueries || asking * cols * frames * seen(asking) * cols > maxScores)
    ) {
      asking--;
    }
    this.askingRows = asking;
    this.seenRows = seen(asking);
    this.neighbours = Math.min(settings.neighbours, frames * this.seenRows * cols);
  }

  /** @returns labels of the next frame, [P, classes], soft: each row of sum 1 */
  async next(features: FrozenFeatures): Promise<Float32Array> {
    const unit = unitPatches(features);
    const prepared = await this.programs.prepare(this.program());
    const labels = new Float32Array(this.rows * this.cols * this.classes);
    for (let row = 0; row < this.rows; row += this.askingRows) {
      await this.fillBand(row, unit, labels, prepared);
    }
    this.recent.push({ unit, labels });
    if (this.recent.length > this.settings.context) this.recent.shift();
    return labels;
  }

  /** The rows of the grid from `row` on ask the rows around them. */
  private async fillBand(
    row: number,
    unit: Float32Array,
    labels: Float32Array,
    prepared: PreparedProgram,
  ): Promise<void> {
    const { cols, width, askingRows, seenRows, rows, classes, settings } = this;
    const frames = [this.first, ...this.recent];
    const seenFrom = Math.max(0, Math.min(rows - seenRows, row - Math.ceil(settings.radius)));
    const asking = askingRows * cols;
    const seen = seenRows * cols;
    const queries = new Float32Array(asking * width);
    queries.set(unit.subarray(row * cols * width, (row + askingRows) * cols * width));
    const context = new Float32Array((settings.context + 1) * seen * width);
    const absent = new Float32Array((settings.context + 1) * seen).fill(excluded);
    frames.forEach((frame, f) => {
      const from = seenFrom * cols * width;
      context.set(frame.unit.subarray(from, from + seen * width), f * seen * width);
      absent.fill(0, f * seen, (f + 1) * seen);
    });
    const feeds = {
      queries: matrix(queries, asking, width),
      context: matrix(context, (settings.context + 1) * seen, width),
      near: matrix(this.nearOf(row - seenFrom), asking, seen),
      absent: matrix(absent, 1, (settings.context + 1) * seen),
    };
    const { score, index } = await prepared.run(feeds, ["score", "index"]);
    const present = Math.min(asking, (rows - row) * cols);
    for (let q = 0; q < present; q++) {
      const scores = score!.data.subarray(q * this.neighbours, (q + 1) * this.neighbours);
      const weights = softmax(scores as Float32Array, settings.temperature);
      const out = (row * cols + q) * classes;
      weights.forEach((weight, k) => {
        if (weight === 0) return;
        const at = index!.data[q * this.neighbours + k]!;
        const source = frames[Math.floor(at / seen)]!.labels;
        const from = (seenFrom * cols + (at % seen)) * classes;
        for (let c = 0; c < classes; c++) labels[out + c]! += weight * source[from + c]!;
      });
    }
  }

  /** 0 where the patch is within the radius, else {@link excluded}; [asking, seen] */
  private nearOf(offset: number): Float32Array {
    const { cols, askingRows, seenRows, settings } = this;
    const key = String(offset);
    const found = this.near.get(key);
    if (found) return found;
    const near = new Float32Array(askingRows * cols * seenRows * cols);
    for (let i = 0; i < near.length; i++) {
      const [query, patch] = [Math.floor(i / (seenRows * cols)), i % (seenRows * cols)];
      const dy = Math.floor(query / cols) + offset - Math.floor(patch / cols);
      const dx = (query % cols) - (patch % cols);
      const distance =
        settings.shape === "circle" ? Math.hypot(dx, dy) : Math.max(Math.abs(dx), Math.abs(dy));
      if (distance > settings.radius) near[i] = excluded;
    }
    this.near.set(key, near);
    return near;
  }

  private program(): Program {
    const frames = this.settings.context + 1;
    const asking = this.askingRows * this.cols;
    const seen = this.seenRows * this.cols;
    const k = this.neighbours;
    const float = (shape: number[]) => ({ dtype: "float32", shape }) as const;
    return {
      name: `evaluation.propagate ${asking}x${frames}x${seen}x${this.width} top ${k}`,
      inputs: {
        queries: float([asking, this.width]),
        context: float([frames * seen, this.width]),
        near: float([asking, seen]),
        absent: float([1, frames * seen]),
      },
      params: {},
      build: ({ queries, context, near, absent }) => {
        const cosines = tf.matMul(queries as tf.Tensor2D, context as tf.Tensor2D, false, true);
        const allowed = tf.add(tf.tile(near!, [1, frames]), absent!); // [asking, frames seen]
        const { values, indices } = tf.topk(tf.add(cosines, allowed), k);
        return { score: values, index: indices };
      },
    };
  }
}

function unitPatches({ patches, rows, cols, width }: FrozenFeatures): Float32Array {
  return normaliseRows({ data: patches, count: rows * cols, width }).data;
}

function softmax(scores: Float32Array, temperature: number): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const weights = Float64Array.from(scores, (score) => Math.exp((score - largest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
