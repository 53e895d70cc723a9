/**
 * `gramscope bench train`: how close a training step comes to what the machine can do, its FLOP/s
 * over those of one large product on the same executor, measured in turn with it.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Batch, LoadedBatch } from "../data/batch.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { Executor, HostTensor, Program } from "../executors/executor.ts";
import { encode } from "../model/backbone.ts";
import { forwardFlops, prefixTokens, variantConfig } from "../model/config.ts";
import { headFlops } from "../model/head.ts";
import { paramShapes } from "../model/params.ts";
import { ropeTables, unmovedBox } from "../model/rope.ts";
import { adamwStep } from "../optim/adamw.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { initialState, randomNetwork } from "../train/initial-state.ts";
import { stateShape, stepOptions } from "../train/plan.ts";
import { Trainer } from "../train/trainer.ts";
import { ProductReference } from "./forward.ts";
import { NoPeer, timePeerSteps } from "./pytorch-peer.ts";
import { summarise, timed, type Summary } from "./statistics.ts";
import { measureLoop } from "./train-loop.ts";
import { thisMachine } from "./this-machine.ts";

export interface StepFigures {
  readonly what: string;
  readonly gigaflops: number;
  /** Trace, lowering and session together. */
  readonly prepareMs: number;
  readonly ms: Summary;
  /** Of the product's FLOP/s. */
  readonly ratio: Summary;
  readonly residentBytes: number;
}

export interface TrainBenchOptions {
  readonly device: DeviceChoice;
  readonly runs: number;
  /** Whether PyTorch is measured beside. */
  readonly peer: boolean;
  /** train_vit.py */
  readonly peerScript: string;
  /** Folder of photographs for a real run. */
  readonly photographs: string;
  /** The built data-thread.js. */
  readonly dataThreadFile: string;
  log(line: string): void;
}

const config = variantConfig("dinov3_vits16");
const [side, patches] = [224, 196];
const plainBatch = 8;

export async function runTrainBench(options: TrainBenchOptions) {
  const { runs, log } = options;
  const { executor, reports } = await chooseExecutor(options.device);
  const reference = await ProductReference.prepare(executor);
  const steps: StepFigures[] = [];
  for (const measure of [measurePlain, measureRefine]) {
    const figures = await measure(executor, reference, runs);
    log(`${figures.what}: ${figures.ratio.median.toFixed(2)} of the product's speed`);
    steps.push(figures);
  }
  await reference.dispose();
  const peer =
    options.peer && executor.name === "cpu" ? await measurePeer(steps[0]!.ms, options) : undefined;
  const { photographs, dataThreadFile } = options;
  const loop = await measureLoop({ executor, photographs, dataThreadFile, steps: runs });
  log(`${loop.what}: ${(100 * loop.overhead.median).toFixed(1)} % of a step outside the runtime`);
  await executor.dispose();
  return {
    machine: thisMachine(),
    executor: reports.find(({ chosen }) => chosen),
    steps,
    peer,
    loop,
  };
}

/** The plain step in PyTorch, right after ours. */
async function measurePeer(ours: Summary, { peerScript, runs, log }: TrainBenchOptions) {
  try {
    const work = { side, batch: plainBatch, runs };
    const { torch, ms } = await timePeerSteps(peerScript, config, work);
    const theirs = summarise(ms);
    const ratio = theirs.median / ours.median;
    log(`The same step in PyTorch ${torch}: ours is ${ratio.toFixed(1)} times as fast`);
    return { torch, ms: theirs, ratio };
  } catch (error) {
    if (!(error instanceof NoPeer)) throw error;
    log(`PyTorch is skipped: ${error.message}`);
    return { skipped: error.message };
  }
}

/** Forward, backward and AdamW of ViT-S over 8 images of 224 px; the loss is the mean square. */
async function measurePlain(executor: Executor, reference: ProductReference, runs: number) {
  const batch = plainBatch;
  const started = performance.now();
  const shapes = paramShapes(config);
  const program = await executor.prepare(plainProgram(shapes, batch));
  const prepareMs = performance.now() - started;
  let state: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const values = (amplitude: number) => tensorOf(shape, amplitude);
    state = {
      ...state,
      [`p.${name}`]: values(0.02),
      [`m.${name}`]: values(0),
      [`v.${name}`]: values(0),
    };
  }
  const names = Object.keys(state);
  const image = tensorOf([batch, 3, side, side], 1);
  const outputs = names.map((name) => `next.${name}`);
  let spare: Record<string, HostTensor> = {};
  const step = async () => {
    const next = await program.run({ ...state, image }, outputs, spare);
    spare = Object.fromEntries(names.map((name) => [`next.${name}`, state[name]!]));
    state = Object.fromEntries(names.map((name) => [name, next[`next.${name}`]!]));
  };
  const flops = 3 * batch * forwardFlops(config, patches);
  const measured = await measureSteps(reference, step, flops, runs);
  await program.dispose();
  return { what: "forward, backward and AdamW, ViT-S, 224 px, batch 8", prepareMs, ...measured };
}

function plainProgram(shapes: Readonly<Record<string, readonly number[]>>, batch: number): Program {
  const names = Object.keys(shapes);
  const inputs = Object.fromEntries(
    ["p", "m", "v"].flatMap((kind) =>
      names.map((name) => [`${kind}.${name}`, { dtype: "float32", shape: shapes[name]! }] as const),
    ),
  );
  return {
    name: "plain training step",
    inputs: { ...inputs, image: { dtype: "float32", shape: [batch, 3, side, side] } },
    params: {},
    isOptimised: true,
    build: (given) => {
      const grid = { rows: side / config.patch, cols: side / config.patch };
      const tables = ropeTables(config, grid, "fp32");
      const size: [number, number] = [
        prefixTokens(config) + patches,
        config.width / config.heads / 2,
      ];
      const rope = { cos: tf.tensor2d(tables.cos, size), sin: tf.tensor2d(tables.sin, size) };
      const values = names.map((name) => given[`p.${name}`]!);
      const { grads } = tf.valueAndGrads((...learnt: tf.Tensor[]) => {
        const params = Object.fromEntries(names.map((name, i) => [name, learnt[i]!]));
        const tokens = encode(config, params, given["image"] as tf.Tensor4D, rope);
        return tf.mean<tf.Scalar>(tf.square(tokens));
      })(values);
      const rates = {
        lr: tf.scalar(1e-3),
        weightDecay: tf.scalar(0.01),
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        biasCorrection1: tf.scalar(0.1),
        biasCorrection2: tf.scalar(0.001),
      };
      const next: Record<string, tf.Tensor> = {};
      names.forEach((name, i) => {
        const tensors = {
          param: values[i]!,
          grad: grads[i]!,
          m: given[`m.${name}`]!,
          v: given[`v.${name}`]!,
        };
        const { param, m, v } = adamwStep(tensors, rates);
        Object.assign(next, {
          [`next.p.${name}`]: param,
          [`next.m.${name}`]: m,
          [`next.v.${name}`]: v,
        });
      });
      return next;
    },
  };
}

/** Refinement: 2 x 224 px global, 8 x 96 px local, Gram at twice the size, 2 images, 4,096 prototypes. */
async function measureRefine(executor: Executor, reference: ProductReference, runs: number) {
  const recipe = resolveRecipe({
    kind: "refine",
    model: "dinov3_vits16",
    batchSize: 2,
    globalSize: side,
    localSize: 96,
    localCrops: 8,
    gramSize: 2 * side,
    gramWeight: 2,
    dinoPrototypes: 4096,
    ibotPrototypes: 4096,
  });
  const { batchSize, localCrops, localSize: local } = recipe;
  const maskedTokens = 118;
  const state = stateShape(recipe, config);
  const head = state.network.dinoHead!;
  const { seed, layerScale } = recipe;
  const student = randomNetwork(state.network, { seed, layerScale, prototypes: "unit" });
  const trainer = new Trainer(
    executor,
    stepOptions(recipe, state, "run"),
    initialState(state, { student }),
  );
  const crops = 2 * batchSize;
  const batch: Batch = {
    global: waves(crops * 3 * side ** 2, 1),
    local: waves(localCrops * batchSize * 3 * local ** 2, 1),
    gram: waves(crops * 3 * (2 * side) ** 2, 1),
    masks: new Uint8Array(crops * patches).fill(1, 0, maskedTokens),
    maskIndices: Int32Array.from({ length: maskedTokens }, (_, i) => i),
    maskWeights: new Float32Array(maskedTokens).fill(1 / (maskedTokens / 2)),
  };
  const loaded: LoadedBatch = {
    batch,
    sizes: { global: side, local, gram: 2 * side },
    images: batchSize,
    rescale: 1,
    origins: [],
  };
  const started = performance.now();
  await trainer.prepare(loaded);
  const prepareMs = performance.now() - started;
  let count = 0;
  const step = async () => {
    count++;
    await trainer.step([{ loaded, draws: { box: unmovedBox } }], {
      learningRate: 1e-4,
      lastLayerRate: 1e-4,
      weightDecay: 0.04,
      momentum: 0.999,
      teacherTemperature: 0.05,
      dinoLocalWeight: 0.5,
      gramWeight: 2,
      biasCorrection1: 1 - 0.9 ** count,
      biasCorrection2: 1 - 0.99 ** count,
    });
  };
  // A gradient costs twice the forward pass: the student 3, each teacher 1.
  const localPatches = (local / config.patch) ** 2;
  const cls = crops + localCrops * batchSize;
  const flops =
    crops * (3 + 1) * forwardFlops(config, patches) +
    localCrops * batchSize * 3 * forwardFlops(config, localPatches) +
    crops * forwardFlops(config, 4 * patches) +
    3 * headFlops(head, cls + maskedTokens) +
    headFlops(head, crops + maskedTokens);
  const measured = await measureSteps(reference, step, flops, runs);
  await trainer.dispose();
  return { what: "a step of refine, ViT-S, 2 images, Gram at 448 px", prepareMs, ...measured };
}

async function measureSteps(
  reference: ProductReference,
  step: () => Promise<void>,
  flops: number,
  runs: number,
): Promise<Omit<StepFigures, "what" | "prepareMs">> {
  await step();
  const [ms, ratios]: [number[], number[]] = [[], []];
  for (let i = 0; i < runs; i++) {
    const before = await reference.speed();
    const elapsed = await timed(step);
    const after = await reference.speed();
    ms.push(elapsed);
    ratios.push(flops / elapsed / 1e6 / ((before + after) / 2));
  }
  return {
    gigaflops: flops / 1e9,
    ms: summarise(ms),
    ratio: summarise(ratios),
    residentBytes: process.memoryUsage.rss(),
  };
}

function tensorOf(shape: readonly number[], amplitude: number): HostTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype: "float32", shape, data: waves(length, amplitude) };
}

const waves = (length: number, amplitude: number) =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin(i));
