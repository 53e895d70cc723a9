/**
 * What a practitioner would have without us: the same network as PyTorch exports it, on the same ONNX
 * Runtime with its own optimisations, and the same training step in PyTorch itself.
 */
import { execFile } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { loadOnnxRuntime } from "../executors/onnx-runtime.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { bestTime } from "./statistics.ts";

const run = promisify(execFile);

/** Why the peer cannot be had here, in one sentence. */
export class NoPeer extends Error {}

/**
 * Export a variant to `folder`.
 * @param script export_vit.py
 * @returns path of the .onnx file
 * @throws NoPeer where Python or its torch is missing
 */
export async function exportPeer(
  script: string,
  { width, depth, heads }: VitConfig,
  folder: string,
): Promise<string> {
  const out = path.join(folder, `pytorch-${width}.onnx`);
  await runPython(script, [`${width}`, `${depth}`, `${heads}`, out]);
  return out;
}

/** Milliseconds of training steps in PyTorch, and which one it is. */
export interface PeerSteps {
  readonly torch: string;
  readonly ms: readonly number[];
}

/**
 * Forward, backward and AdamW of a variant over a batch of square images, on every core.
 * @param script train_vit.py
 * @param side of an image in pixels
 * @throws NoPeer where Python or its torch is missing
 */
export async function timePeerSteps(
  script: string,
  { width, depth, heads }: VitConfig,
  { side, batch, runs }: { side: number; batch: number; runs: number },
): Promise<PeerSteps> {
  const numbers = [width, depth, heads, side, batch, runs, os.availableParallelism()];
  return JSON.parse(await runPython(script, numbers.map(String))) as PeerSteps;
}

/** @returns what it prints */
async function runPython(script: string, args: readonly string[]): Promise<string> {
  const failures: string[] = [];
  // A Python of the user's own may come first on the path and have no torch; Debian's has.
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      return (await run(python, [script, ...args], { timeout: 300_000 })).stdout;
    } catch (error) {
      const { stderr = "", message } = error as { stderr?: string; message: string };
      const words =
        stderr.trim() === "" ? message.split("\n")[0] : stderr.trim().split("\n").at(-1);
      failures.push(`${python}: ${words}`);
    }
  }
  throw new NoPeer(`PyTorch cannot be used here (${failures.join("; ")})`);
}

/** A prepared peer: one call runs it once and gives milliseconds. */
export interface Peer {
  time(): Promise<number>;
  dispose(): Promise<void>;
}

/** @throws NoPeer when its attention scores would not fit into memory */
export async function preparePeer(file: string, config: VitConfig, pixels: number): Promise<Peer> {
  const { patch, heads, width } = config;
  const tokens = prefixTokens(config) + (pixels / patch) ** 2;
  // Scores, scaled scores and their softmax, each [heads, n, n] float32, exist at the same time.
  const scoreBytes = 3 * 4 * heads * tokens * tokens;
  const free = os.freemem();
  if (scoreBytes > 0.9 * free) {
    const [needed, there] = [scoreBytes, free].map((bytes) => (bytes / 2 ** 30).toFixed(0));
    throw new NoPeer(`its attention scores alone need ${needed} GB, ${there} GB are free`);
  }
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    // It would round gigabytes of scores up to the next power of two, and keep them.
    enableCpuMemArena: false,
    intraOpNumThreads: os.availableParallelism(),
    logSeverityLevel: 3,
    freeDimensionOverrides: { height: pixels, width: pixels, tokens },
  });
  const image = new Float32Array(3 * pixels * pixels).map((_, i) => Math.sin(i));
  const table = new Float32Array((tokens * width) / heads).fill(0.7);
  const feeds = {
    image: new ort.Tensor("float32", image, [1, 3, pixels, pixels]),
    cos: new ort.Tensor("float32", table, [tokens, width / heads]),
    sin: new ort.Tensor("float32", table, [tokens, width / heads]),
  };
  await session.run(feeds);
  return { time: () => bestTime(() => session.run(feeds)), dispose: () => session.release() };
}
