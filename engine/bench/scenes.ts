/**
 * `gramscope bench scenes`: how fast the built-in world is drawn, by one thread and by two, beside
 * what a thread of this machine can do, the speed of plain arithmetic in the same run.
 */
import { performance } from "node:perf_hooks";
import { ScenePool } from "../scene-files/scene-pool.ts";
import { summarise, type Summary } from "./statistics.ts";
import { thisMachine } from "./this-machine.ts";

export interface ScenesBenchOptions {
  /** How often each figure is measured. */
  readonly runs: number;
  /** The built scene-thread.js. */
  readonly threadFile: string;
  /** Pictures that are drawn for one measurement. Absent: 48. */
  readonly pictures?: number;
  log(line: string): void;
}

export interface SceneFigures {
  /** Side of the pictures. */
  readonly pixels: number;
  readonly threads: number;
  readonly picturesPerSecond: Summary;
  /** Processor time of one picture, all threads and the collector counted. */
  readonly cpuMs: Summary;
  /** Pictures in a second of processor time: what one thread draws if nothing else runs on its core. */
  readonly picturesPerCpuSecond: Summary;
  /** Operations of {@link arithmeticSpeed} in the processor time of one picture, in millions. */
  readonly megaflopsEach: Summary;
}

/** Scenes that are drawn are those that training would see; these are of another seed. */
const seed = 0xbe;

export async function runScenesBench({ runs, threadFile, pictures = 48, log }: ScenesBenchOptions) {
  const scenes: SceneFigures[] = [];
  const limits: number[] = [];
  arithmeticSpeed();
  for (const threads of [1, 2]) {
    const pool = new ScenePool({ threadFile, threads });
    try {
      for (const pixels of [224, 112]) {
        // Both threads compile what is hot before anything counts.
        await drawAll(pool, { pixels, threads }, threads * pictures);
        const figures = await measureScenes(pool, { runs, pictures, pixels, threads }, limits);
        const { picturesPerSecond: rate, picturesPerCpuSecond: perCpu } = figures;
        log(
          `${pixels} px, ${threads} ${threads === 1 ? "thread" : "threads"}: ` +
            `${rate.median.toFixed(1)} pictures a second, ` +
            `${perCpu.median.toFixed(1)} in a second of processor time`,
        );
        scenes.push(figures);
      }
    } finally {
      await pool.dispose();
    }
  }
  return {
    machine: thisMachine(),
    /** Million operations a second of one thread. */
    arithmetic: summarise(limits),
    scenes,
  };
}

interface Measurement {
  readonly runs: number;
  readonly pictures: number;
  readonly pixels: number;
  readonly threads: number;
}

async function measureScenes(
  pool: ScenePool,
  { runs, pictures, pixels, threads }: Measurement,
  limits: number[],
): Promise<SceneFigures> {
  const [rates, cpus, flops]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    const limit = arithmeticSpeed();
    const before = process.cpuUsage();
    const start = performance.now();
    await drawAll(pool, { pixels, threads }, pictures);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000 / pictures;
    limits.push(limit);
    rates.push(pictures / seconds);
    cpus.push(cpuMs);
    flops.push((limit * cpuMs) / 1000);
  }
  return {
    pixels,
    threads,
    picturesPerSecond: summarise(rates),
    cpuMs: summarise(cpus),
    picturesPerCpuSecond: summarise(cpus.map((ms) => 1000 / ms)),
    megaflopsEach: summarise(flops),
  };
}

/** The next scene is always waiting, and the one after the last is not asked for. */
async function drawAll(
  pool: ScenePool,
  { pixels: side, threads }: Pick<Measurement, "pixels" | "threads">,
  count: number,
): Promise<void> {
  let next = 0;
  const draw = async () => {
    while (next < count) await pool.run("draw", { seed, index: next++, side });
  };
  await Promise.all(Array.from({ length: 2 * threads }, draw));
}

/**
 * The machine's own limit: million double-precision operations a second of this thread, in a loop
 * over three arrays that stay near the processor, counted by processor time. The pool is idle then.
 */
function arithmeticSpeed(): number {
  const count = 1024;
  const repeats = 4000;
  const [a, b, c] = [0.5, 0.25, 0.125].map((value) => new Float64Array(count).fill(value));
  const { user } = process.cpuUsage();
  for (let k = 0; k < repeats; k++) addProducts(a!, b!, c!);
  return (3 * count * repeats) / (process.cpuUsage().user - user);
}

function addProducts(into: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = a[i]! * b[i]! + 0.5 * into[i]!;
}
