/**
 * How close the forward pass comes to what the machine can do: its FLOP/s over those of one large
 * product on the same executor, measured in turn with it.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Executor, HostTensor, PreparedProgram, Program } from "../executors/executor.ts";
import { forwardFlops, prefixTokens } from "../model/config.ts";
import { blockName } from "../model/params.ts";
import { planSegments, segmentProgram, type BackboneShape } from "../model/programs.ts";
import { bestTime, summarise, type Summary } from "./statistics.ts";

export interface ForwardFigures {
  readonly model: string;
  readonly pixels: number;
  readonly tokens: number;
  readonly gigaflops: number;
  readonly ms: Summary;
  /** GFLOP/s of the forward pass, attention's work counted. */
  readonly speed: Summary;
  /** GFLOP/s of the product. */
  readonly productSpeed: Summary;
  /** speed / productSpeed, pair by pair. */
  readonly ratio: Summary;
}

const side = 2048;

/** y = x W for a fixed W, both [2048, 2048], as a layer has it. */
const product: Program = {
  name: `product ${side}`,
  inputs: { x: { dtype: "float32", shape: [side, side] } },
  params: {
    w: { kind: "values", data: new Float32Array(side * side).fill(0.5), shape: [side, side] },
  },
  build: ({ x }, { w }) => ({ y: tf.matMul(x!, w!, false, true) }),
};

/** Prepared once, timed in between everything else. */
export class ProductReference {
  private constructor(private readonly prepared: PreparedProgram) {}

  static async prepare(executor: Executor): Promise<ProductReference> {
    const reference = new ProductReference(await executor.prepare(product));
    await reference.speed();
    return reference;
  }

  /** GFLOP/s of the product now. */
  async speed(): Promise<number> {
    const x: HostTensor = {
      dtype: "float32",
      shape: [side, side],
      data: new Float32Array(side * side).fill(0.25),
    };
    return (2 * side ** 3) / (await bestTime(() => this.prepared.run({ x }, ["y"]))) / 1e6;
  }

  dispose(): Promise<void> {
    return this.prepared.dispose();
  }
}

/** One backbone over one square image, ready to run as the session runs it: segment by segment. */
export class PreparedForward {
  private constructor(
    private readonly shape: BackboneShape,
    private readonly segments: readonly { last: number; program: PreparedProgram }[],
  ) {}

  static async prepare(executor: Executor, shape: BackboneShape): Promise<PreparedForward> {
    const patches = shape.grid.rows * shape.grid.cols;
    const segments = [];
    for (const segment of planSegments(shape.config, patches)) {
      const program = await executor.prepare(segmentProgram(shape, segment));
      segments.push({ last: segment.last, program });
    }
    return new PreparedForward(shape, segments);
  }

  async run(image: Float32Array): Promise<Float32Array> {
    const { config, grid } = this.shape;
    const pixels = [1, 3, grid.rows * config.patch, grid.cols * config.patch];
    let feeds: Record<string, HostTensor> = {
      image: { dtype: "float32", shape: pixels, data: image },
    };
    for (const { last, program } of this.segments) {
      const name = last === config.depth - 1 ? "norm" : blockName(last);
      const output = (await program.run(feeds, [name]))[name]!;
      feeds = { tokens: { dtype: "float32", shape: output.shape, data: output.data } };
    }
    return feeds["tokens"]!.data as Float32Array;
  }

  async dispose(): Promise<void> {
    for (const { program } of this.segments) await program.dispose();
  }
}

/** Time one model at one size, `runs` times, each beside the product. */
export async function measureForward(
  executor: Executor,
  reference: ProductReference,
  shape: BackboneShape,
  runs: number,
): Promise<ForwardFigures> {
  const { config, grid, model } = shape;
  const prepared = await PreparedForward.prepare(executor, shape);
  const pixels = grid.rows * config.patch;
  const image = new Float32Array(3 * pixels * pixels).map((_, i) => Math.sin(i));
  await prepared.run(image);
  const flops = forwardFlops(config, grid.rows * grid.cols);
  const [ms, speeds, products]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < runs; i++) {
    const before = await reference.speed();
    const elapsed = await bestTime(() => prepared.run(image));
    const after = await reference.speed();
    ms.push(elapsed);
    speeds.push(flops / elapsed / 1e6);
    products.push((before + after) / 2);
  }
  await prepared.dispose();
  return {
    model,
    pixels,
    tokens: prefixTokens(config) + grid.rows * grid.cols,
    gigaflops: flops / 1e9,
    ms: summarise(ms),
    speed: summarise(speeds),
    productSpeed: summarise(products),
    ratio: summarise(speeds.map((speed, i) => speed / products[i]!)),
  };
}
