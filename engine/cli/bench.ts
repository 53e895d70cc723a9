/** `gramscope bench`: options to a measurement, the measurement to JSON. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runBench } from "../bench/bench.ts";
import { runScenesBench } from "../bench/scenes.ts";
import { runTrainBench } from "../bench/train.ts";
import type { DeviceChoice } from "../executors/choose.ts";
import { namedVariants, type VariantName } from "../model/config.ts";
import { invalid, oneOf } from "./options.ts";
import { writeOutput } from "./write-output.ts";

export interface BenchVerbOptions {
  readonly device: DeviceChoice;
  readonly models: string;
  readonly sizes: string;
  readonly runs: number;
  /** Commander turns `--no-peer` into `peer: false`. */
  readonly peer: boolean;
  readonly out?: string;
}

export async function runBenchVerb(what: string, options: BenchVerbOptions): Promise<void> {
  const subject = oneOf("bench", what, ["forward", "train", "scenes"]);
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { device, runs, peer } = options;
  const here = path.dirname(fileURLToPath(import.meta.url));
  const measure = {
    forward: () => benchForward(options, log),
    train: () =>
      runTrainBench({
        device,
        runs,
        peer,
        peerScript: path.resolve(here, "../../engine/bench/train_vit.py"),
        photographs: path.resolve(here, "../../assets/samples"),
        dataThreadFile: path.join(here, "data-thread.js"),
        log,
      }),
    scenes: () => runScenesBench({ runs, threadFile: path.join(here, "scene-thread.js"), log }),
  };
  const figures = await measure[subject]();
  const json = JSON.stringify(figures, undefined, 2);
  if (options.out === undefined) console.log(json);
  else await writeOutput(options.out, `${json}\n`);
}

async function benchForward(options: BenchVerbOptions, log: (line: string) => void) {
  const known = Object.keys(namedVariants) as VariantName[];
  const models = options.models.split(",").map((name) => oneOf("--models", name, known));
  const sizes = options.sizes.split(",").map((text) => {
    const pixels = Number(text);
    if (/^\d+$/.test(text) && pixels >= 16 && pixels % 16 === 0 && pixels <= 4096) return pixels;
    throw invalid("--sizes", "multiples of 16 up to 4096", text);
  });
  const here = path.dirname(fileURLToPath(import.meta.url));
  return runBench({
    device: options.device,
    models,
    sizes,
    runs: options.runs,
    peer: options.peer,
    main: path.join(here, "main.js"),
    assets: path.resolve(here, "../../assets"),
    exportScript: path.resolve(here, "../../engine/bench/export_vit.py"),
    log,
  });
}
