/** Who computes tokens of a picture: the original in our engine, or whatever is compared with it. */
import { LRUCache } from "lru-cache";
import { frozenProgram } from "../evaluation/frozen-backbone.ts";
import type { Executor, PreparedProgram } from "../executors/executor.ts";
import { planInput } from "../image/plan-input.ts";
import { preprocess } from "../image/preprocess.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import type { Picture } from "../labels/labelled.ts";
import { prefixTokens } from "../model/config.ts";
import type { RopePrecision } from "../model/rope.ts";
import type { Geometry } from "../protocol/geometry.ts";
import { formatInputSize, type InputSize } from "../protocol/view.ts";
import type { ModelFiles } from "../weights/open-model.ts";

/** All after the final norm. */
export interface SeenTokens {
  readonly geometry: Geometry;
  /** CLS, registers and patches: float32 [n * d]. */
  readonly all: Float32Array;
  /** The last of them: float32 [rows * cols * d], row-major. */
  readonly patches: Float32Array;
  /** d */
  readonly width: number;
  /** Milliseconds of the model alone; absent where nothing was computed. */
  readonly elapsedMs?: number | undefined;
}

export interface TokenSource {
  /** In words, for the card. */
  readonly runtime: string;
  /** @param index of the picture in its set */
  see(picture: Picture, size: InputSize, index: number): Promise<SeenTokens>;
  dispose(): Promise<void>;
}

/** What a model wants of a picture. */
export interface InputPlan {
  readonly preprocessor: Preprocessor;
  /** Side of a patch in pixels. */
  readonly patch: number;
}

/** @returns the geometry, and float32 [3, H, W], normalised */
export function modelInput(picture: Picture, size: InputSize, { preprocessor, patch }: InputPlan) {
  const geometry = planInput(picture, size, preprocessor, patch);
  return { geometry, input: preprocess(picture, geometry, preprocessor) };
}

/** Sizes that stay prepared: each holds the weights once more. */
const mostPrepared = 2;

/** A model directory or checkpoint in our engine. The executor stays its owner's. */
export function engineSource(
  model: Pick<ModelFiles, "name" | "config" | "params" | "preprocessor">,
  executor: Executor,
  rope: RopePrecision,
): TokenSource {
  const { name, config, params, preprocessor } = model;
  const leaving: Promise<void>[] = [];
  const prepared = new LRUCache<string, Promise<PreparedProgram>>({
    max: mostPrepared,
    dispose: (program) => leaving.push(program.then((ready) => ready.dispose()).catch(() => {})),
  });
  const programFor = ({ grid }: Geometry) => {
    const key = `${grid.rows}x${grid.cols}`;
    const shape = { model: name, config, params, grid, rope };
    const found = prepared.get(key) ?? executor.prepare(frozenProgram(shape, 1));
    prepared.set(key, found);
    found.catch(() => prepared.delete(key));
    return found;
  };
  return {
    runtime: `Gramscope's engine, ${executor.name}`,
    async see(picture, size) {
      const { geometry, input } = modelInput(picture, size, { preprocessor, patch: config.patch });
      const program = await programFor(geometry);
      const { width, height } = geometry.input;
      const feed = { dtype: "float32", shape: [1, 3, height, width], data: input } as const;
      const started = performance.now();
      const { norm } = await program.run({ image: feed }, ["norm"]);
      const elapsedMs = performance.now() - started;
      const all = norm!.data as Float32Array;
      const patches = all.subarray(prefixTokens(config) * config.width);
      return { geometry, all, patches, width: config.width, elapsedMs };
    },
    async dispose() {
      prepared.clear();
      await Promise.all(leaving);
    },
  };
}

/** Bytes of tokens that {@link remembered} keeps. */
const mostRemembered = 2 ** 28;

/** Looks once where several exports are compared with one original. Its times are of the first look. */
export function remembered(source: TokenSource): TokenSource {
  const known = new LRUCache<string, SeenTokens>({
    maxSize: mostRemembered,
    sizeCalculation: ({ all }) => all.byteLength,
  });
  return {
    runtime: source.runtime,
    async see(picture, size, index) {
      const key = `${index} ${formatInputSize(size)}`;
      const found = known.get(key) ?? (await source.see(picture, size, index));
      known.set(key, found);
      return found;
    },
    dispose: () => source.dispose(),
  };
}
