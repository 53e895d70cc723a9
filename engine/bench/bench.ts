/** `gramscope bench`: the figures of the forward pass, memory and cold starts, as one JSON object. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { Executor } from "../executors/executor.ts";
import { asVit, namedVariants, variantConfig, type VariantName } from "../model/config.ts";
import type { BackboneShape } from "../model/programs.ts";
import { openModelFiles } from "../weights/open-model.ts";
import {
  measureForward,
  PreparedForward,
  ProductReference,
  type ForwardFigures,
} from "./forward.ts";
import { exportPeer, NoPeer, preparePeer } from "./pytorch-peer.ts";
import { writeRandomModel } from "./random-model.ts";
import { bestTime, summarise, type Summary } from "./statistics.ts";
import { featuresMemory, timeCommand } from "./whole-process.ts";
import { thisMachine } from "./this-machine.ts";

export interface BenchOptions {
  readonly device: DeviceChoice;
  readonly models: readonly VariantName[];
  /** Sides of square inputs in pixels. */
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Compare with the network as PyTorch exports it. */
  readonly peer: boolean;
  /** The built command line, run as processes of their own. */
  readonly main: string;
  readonly assets: string;
  /** export_vit.py */
  readonly exportScript: string;
  /** Told what is being measured. */
  log(line: string): void;
}

/** Speed against the PyTorch export: above 1 we are faster. */
export interface PeerFigures {
  readonly model: string;
  readonly pixels: number;
  readonly ours?: Summary;
  readonly theirs?: Summary;
  readonly ratio?: Summary;
  /** Why it was not measured. */
  readonly skipped?: string;
}

export async function runBench(options: BenchOptions) {
  const { executor, reports } = await chooseExecutor(options.device);
  const folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-bench-"));
  try {
    const models = new Map<VariantName, string>();
    for (const name of options.models) {
      const target = path.join(folder, name);
      options.log(`Writing ${name} with random weights`);
      await writeRandomModel(target, variantConfig(name), namedVariants[name].title);
      models.set(name, target);
    }
    const forward = await measureAllForward(executor, models, options);
    const peers =
      options.peer && executor.name === "cpu"
        ? await measurePeers(executor, models, folder, options)
        : [];
    const whole = await measureProcesses(models, folder, options);
    return {
      machine: { ...thisMachine(), memoryBytes: os.totalmem() },
      executor: reports.find(({ chosen }) => chosen),
      forward,
      peers,
      ...whole,
    };
  } finally {
    await executor.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

async function shapeOf(directory: string, model: string, pixels: number): Promise<BackboneShape> {
  const { config, params } = await openModelFiles(directory);
  const side = pixels / config.patch;
  return { model, config, params, grid: { rows: side, cols: side }, rope: "fp32" };
}

/** Long runs repeat less often: at 2048 px one takes minutes. */
function repeats({ runs }: BenchOptions, pixels: number): number {
  const most = pixels >= 2048 ? 2 : pixels >= 1024 ? 3 : runs;
  return Math.min(most, runs);
}

async function measureAllForward(
  executor: Executor,
  models: ReadonlyMap<VariantName, string>,
  options: BenchOptions,
): Promise<ForwardFigures[]> {
  const reference = await ProductReference.prepare(executor);
  const figures: ForwardFigures[] = [];
  for (const [name, directory] of models) {
    for (const pixels of options.sizes) {
      options.log(`Forward pass of ${name} at ${pixels} px`);
      const shape = await shapeOf(directory, name, pixels);
      const measured = await measureForward(executor, reference, shape, repeats(options, pixels));
      options.log(`  ${measured.ratio.median.toFixed(2)} of the product's speed`);
      figures.push(measured);
    }
  }
  await reference.dispose();
  return figures;
}

async function measurePeers(
  executor: Executor,
  models: ReadonlyMap<VariantName, string>,
  folder: string,
  options: BenchOptions,
): Promise<PeerFigures[]> {
  const figures: PeerFigures[] = [];
  for (const [model, directory] of models) {
    for (const pixels of options.sizes) {
      options.log(`${model} at ${pixels} px against its export by PyTorch`);
      try {
        const shape = await shapeOf(directory, model, pixels);
        const file = await exportPeer(options.exportScript, asVit(shape.config), folder);
        const peer = await preparePeer(file, asVit(shape.config), pixels);
        const own = await PreparedForward.prepare(executor, shape);
        const image = new Float32Array(3 * pixels * pixels).map((_, i) => Math.sin(i));
        await own.run(image);
        const [ours, theirs]: [number[], number[]] = [[], []];
        for (let i = 0; i < repeats(options, pixels); i++) {
          ours.push(await bestTime(() => own.run(image)));
          theirs.push(await peer.time());
        }
        await Promise.all([own.dispose(), peer.dispose()]);
        const ratio = summarise(theirs.map((ms, i) => ms / ours[i]!));
        options.log(`  ${ratio.median.toFixed(2)} times as fast`);
        figures.push({ model, pixels, ours: summarise(ours), theirs: summarise(theirs), ratio });
      } catch (error) {
        if (!(error instanceof NoPeer)) throw error;
        options.log(`  skipped: ${error.message}`);
        figures.push({ model, pixels, skipped: error.message });
      }
    }
  }
  return figures;
}

async function measureProcesses(
  models: ReadonlyMap<VariantName, string>,
  folder: string,
  { main, assets, log }: BenchOptions,
) {
  const photograph = path.join(assets, "samples", "chelsea.jpg");
  const bundled = path.join(assets, "models", "untrained-vit");
  const small = models.get("dinov3_vits16");
  const files = (model: string) => ["--model", model, "--image", photograph];
  log("gramscope map on the bundled model, cold");
  const map = await timeCommand(
    main,
    ["map", "pca", ...files(bundled), "--out", path.join(folder, "map.png")],
    5,
  );
  if (!small) return { coldMapMs: map };
  log("Features of a 512 px photograph by ViT-S, cold");
  const out = path.join(folder, "features.safetensors");
  const features = await timeCommand(
    main,
    ["features", ...files(small), "--size", "512x512", "--out", out],
    5,
  );
  const memory = [];
  for (const pixels of [512, 1024, 2048]) {
    log(`Memory of ViT-S at ${pixels} px`);
    const bytes = await featuresMemory(main, small, photograph, `${pixels}x${pixels}`, out);
    memory.push({ pixels, patches: (pixels / 16) ** 2, peakResidentBytes: bytes });
  }
  return { coldMapMs: map, coldFeaturesMs: features, memory };
}
