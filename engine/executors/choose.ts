/**
 * Which executor runs: `auto` tries webgpu, cuda, tfjs-gpu and cpu in this order, takes the first
 * that works, and says of every other one why not and what would help.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { EngineError } from "../protocol/errors.ts";
import type { ExecutorName, ExecutorReport } from "../protocol/messages.ts";
import { CompiledExecutor } from "./compiled.ts";
import { EagerExecutor } from "./eager.ts";
import type { Executor } from "./executor.ts";
import { agreesOnAttention, timeProduct } from "./self-check.ts";

export type DeviceChoice = "auto" | ExecutorName;

export interface Choice {
  readonly executor: Executor;
  readonly reports: readonly ExecutorReport[];
}

/** The order of `auto`. The plain tfjs executor is for tests and for doubt: never automatic. */
const automatic = ["webgpu", "cuda", "tfjs-gpu", "cpu"] as const satisfies ExecutorName[];

/** How an executor is had, or the reason why not. */
const starters: Record<ExecutorName, () => Promise<Executor>> = {
  webgpu: startWebGpu,
  cuda: startCuda,
  "tfjs-gpu": startTfjsGpu,
  cpu: startCpu,
  tfjs: startTfjs,
};

const cudaRemedy =
  "On Linux with an NVIDIA GPU and CUDA 12: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false";
const tfjsGpuRemedy =
  "On Linux with an NVIDIA GPU and CUDA 11: npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node-gpu@4.22.0";

/**
 * @throws EngineError "executor.unavailable" when a device asked for by name cannot be had
 */
export async function chooseExecutor(choice: DeviceChoice): Promise<Choice> {
  if (choice !== "auto") {
    const executor = await starters[choice]();
    await timeProduct(executor, 64);
    const report = chosen(executor, `asked for by name`);
    return { executor, reports: [report] };
  }
  const reports: ExecutorReport[] = [];
  for (const name of automatic) {
    try {
      const executor = await (name === "webgpu" ? startFastWebGpu : starters[name])();
      const reason =
        reports.length === 0 ? "the first choice works" : "the first in the order that works";
      return { executor, reports: [...reports, chosen(executor, reason)] };
    } catch (error) {
      reports.push(skipped(name, error));
    }
  }
  throw new EngineError(
    "executor.unavailable",
    `No executor works here: ${reports.map(({ name, reason }) => `${name}: ${reason}`).join("; ")}`,
    { hint: "Run npm ci again; `gramscope doctor` shows the details." },
  );
}

/** Every executor with what is wrong with it: for `gramscope doctor`. */
export async function inspectExecutors(): Promise<ExecutorReport[]> {
  const reports: ExecutorReport[] = [];
  for (const name of [...automatic, "tfjs"] as const) {
    try {
      const executor = await starters[name]();
      const size = name === "tfjs" ? 64 : name === "webgpu" ? 256 : 512;
      const elapsed = await timeProduct(executor, size);
      const speed = (2 * size ** 3) / elapsed / 1e6;
      reports.push({
        ...chosen(executor, `self-check passed: ${speed.toFixed(1)} GFLOP/s at ${size}³`),
        chosen: !reports.some((report) => report.chosen) && name !== "tfjs",
      });
      await executor.dispose();
    } catch (error) {
      reports.push(skipped(name, error));
    }
  }
  return reports;
}

function chosen({ name, device }: Executor, reason: string): ExecutorReport {
  return { name, device, chosen: true, available: true, reason };
}

function skipped(name: ExecutorName, error: unknown): ExecutorReport {
  const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  const remedy = error instanceof EngineError ? error.hint : undefined;
  return { name, chosen: false, available: false, reason, ...(remedy ? { remedy } : {}) };
}

async function startCpu(): Promise<Executor> {
  const threads = os.availableParallelism();
  const model = os.cpus()[0]?.model.trim() ?? process.arch;
  const target = { provider: "cpu", fusedAttention: true } as const;
  return new CompiledExecutor({ target, device: `${threads} threads of ${model}`, threads });
}

/** @param accept throws for an adapter that is not wanted, before more time is spent on it */
async function startWebGpu(accept?: (executor: Executor) => Promise<void>): Promise<Executor> {
  if (process.platform === "linux" && !canLoad("libvulkan.so.1")) {
    // Asked without it, the runtime prints a warning of its own.
    throw new EngineError("executor.unavailable", "The Vulkan loader, libvulkan.so.1, is missing", {
      hint: "Install the GPU's driver and Vulkan (Debian: libvulkan1 and the vendor's driver).",
    });
  }
  const threads = os.availableParallelism();
  const withAttention = (fusedAttention: boolean) =>
    new CompiledExecutor({
      target: { provider: "webgpu", fusedAttention },
      device: fusedAttention ? "WebGPU adapter" : "WebGPU adapter, attention in parts",
      threads,
    });
  const executor = withAttention(true);
  await guarded(() => timeProduct(executor, 64));
  await accept?.(executor);
  const isFused = await agreesOnAttention(executor, await startCpu());
  return isFused ? executor : withAttention(false);
}

/**
 * WebGPU counts when it beats this machine's CPU at what we do most. A software adapter gives the
 * right numbers hundreds of times too slowly, and the runtime does not say which kind it has.
 */
const startFastWebGpu = (): Promise<Executor> => startWebGpu(refuseSlow);

async function refuseSlow(executor: Executor): Promise<void> {
  // A software adapter needs 70 ms and more for the small product, any GPU less than 5.
  const small = await timeProduct(executor, 256);
  if (small > 15) throw slowAdapter(256, small, await timeProduct(await startCpu(), 256));
  const large = await timeProduct(executor, 1024);
  const cpu = await timeProduct(await startCpu(), 1024);
  if (large > cpu) throw slowAdapter(1024, large, cpu);
}

function slowAdapter(size: number, gpu: number, cpu: number): EngineError {
  const times = `${gpu.toFixed(1)} ms against the CPU's ${cpu.toFixed(1)} ms`;
  return new EngineError(
    "executor.unavailable",
    `The WebGPU adapter is slower than the CPU, so it is a software one: a ${size}³ product takes ${times}`,
    { hint: "Install the GPU's Vulkan driver, or use --device webgpu to take it all the same." },
  );
}

/** Whether the system finds a shared library. */
function canLoad(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
    return true;
  } catch (error) {
    // Found, it is refused all the same, because it is no addon.
    return !/cannot open shared object|No such file/.test(String(error));
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (!/adapter|webgpu/i.test(words)) throw error;
    throw new EngineError("executor.unavailable", "There is no WebGPU adapter", {
      hint: "WebGPU needs a GPU with a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver.",
      cause: error,
    });
  }
}

async function startCuda(): Promise<Executor> {
  const provider = cudaProviderPath();
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new EngineError(
      "executor.unavailable",
      `ONNX Runtime has no CUDA provider for ${process.platform}-${process.arch}`,
    );
  }
  if (!existsSync(provider)) {
    throw new EngineError("executor.unavailable", "ONNX Runtime's CUDA provider is not installed", {
      hint: cudaRemedy,
    });
  }
  const threads = os.availableParallelism();
  const target = { provider: "cuda", fusedAttention: true } as const;
  const executor = new CompiledExecutor({ target, device: "CUDA device 0", threads });
  try {
    await timeProduct(executor, 256);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new EngineError("executor.unavailable", `CUDA does not start: ${words}`, {
      hint: "It needs an NVIDIA driver, CUDA 12 and cuDNN 9 on the library path.",
      cause: error,
    });
  }
  return executor;
}

function cudaProviderPath(): string {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  const native = path.join("bin", "napi-v6", "linux", "x64", "libonnxruntime_providers_cuda.so");
  return path.join(path.dirname(entry), "..", native);
}

async function startTfjsGpu(): Promise<Executor> {
  // An optional peer: 302 MB and a CUDA 11 binary. A variable keeps bundlers from looking for it.
  const packageName = "@tensorflow/tfjs-node-gpu";
  try {
    await import(/* @vite-ignore */ packageName);
  } catch (cause) {
    const isMissing = /Cannot find (package|module) '@tensorflow/.test(String(cause));
    const what = isMissing ? "is not installed" : `does not load: ${String(cause).split("\n")[0]}`;
    throw new EngineError("executor.unavailable", `${packageName} ${what}`, {
      hint: tfjsGpuRemedy,
      cause,
    });
  }
  return new EagerExecutor({ name: "tfjs-gpu", device: "TensorFlow", backend: "tensorflow" });
}

async function startTfjs(): Promise<Executor> {
  await import("@tensorflow/tfjs-backend-cpu");
  // Otherwise its first use prints an advertisement.
  tf.enableProdMode();
  return new EagerExecutor({ name: "tfjs", device: "plain JavaScript", backend: "cpu" });
}
