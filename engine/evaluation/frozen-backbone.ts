/** A frozen backbone made of a model and an executor: pictures to the final norm's tokens, in batches. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type * as tf from "@tensorflow/tfjs-core";
import { LRUCache } from "lru-cache";
import type { Executor, ParamSource, PreparedProgram, Program } from "../executors/executor.ts";
import { planInput } from "../image/plan-input.ts";
import { preprocess } from "../image/preprocess.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import type { Picture } from "../labels/labelled.ts";
import { prefixTokens, type BackboneConfig } from "../model/config.ts";
import { paramShapes } from "../model/params.ts";
import { wholeBackbone, type BackboneShape } from "../model/programs.ts";
import type { RopePrecision } from "../model/rope.ts";
import { splitTokens } from "../model/split-tokens.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import type { FrozenBackbone, FrozenFeatures } from "./frozen.ts";

/** What a backbone is made of: ModelFiles (weights/open-model.ts) is one, and so are a run's weights in memory. */
export interface FrozenModel {
  readonly name: string;
  readonly config: BackboneConfig;
  /** By our names (model/params.ts); from files, or of kind "values". */
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly preprocessor: Preprocessor;
}

export interface FrozenOptions {
  /** "fp32" unless told otherwise, as for everything else. */
  readonly rope?: RopePrecision | undefined;
  /** Pictures of one run of the program, at most. */
  readonly batch?: number | undefined;
  /** Also give the patches before the final norm. */
  readonly hasBefore?: true | undefined;
  /** Where it is known already; otherwise the weights are read once for it. */
  readonly fingerprint?: string | undefined;
}

/**
 * On 2 busy cores, milliseconds a picture of 224 px at batches of 1, 4, 8, 16: the bundled ViT 93, 80,
 * 65, 72; ViT-S 256, 231, 227, 210. Beyond 8 there is little left to win, and a cancellation waits.
 */
const defaultBatch = 8;

/** Sizes and batches that stay prepared: each holds the weights once more. */
const preparedPrograms = 3;

/**
 * @throws EngineError "weights.missing" for a parameter that the configuration needs, and what
 *   reading the weights throws
 */
export async function freeze(
  model: FrozenModel,
  executor: Executor,
  options: FrozenOptions = {},
): Promise<ModelBackbone> {
  for (const name of Object.keys(paramShapes(model.config))) {
    if (model.params[name]) continue;
    throw new EngineError("weights.missing", `${model.name}: expected the parameter ${name}`);
  }
  const fingerprint = options.fingerprint ?? (await fingerprintOf(model, options.rope ?? "fp32"));
  return new ModelBackbone(model, executor, { ...options, fingerprint });
}

export class ModelBackbone implements FrozenBackbone {
  readonly name: string;
  readonly fingerprint: string;
  readonly width: number;
  readonly patch: number;
  private readonly prepared: LRUCache<string, Promise<PreparedProgram>>;
  private readonly leaving = new Set<Promise<void>>();

  constructor(
    private readonly model: FrozenModel,
    private readonly executor: Pick<Executor, "prepare">,
    private readonly options: FrozenOptions & { readonly fingerprint: string },
  ) {
    this.name = model.name;
    this.fingerprint = options.fingerprint;
    this.width = model.config.width;
    this.patch = model.config.patch;
    this.prepared = new LRUCache({
      max: preparedPrograms,
      dispose: (program) => {
        const gone = program
          // One that could not be prepared holds nothing; who asked for it has the error.
          .then(
            (ready) => ready.dispose(),
            () => undefined,
          )
          .finally(() => this.leaving.delete(gone));
        this.leaving.add(gone);
      },
    });
  }

  async features(
    pictures: readonly Picture[],
    input: { readonly width: number; readonly height: number },
    signal?: AbortSignal,
  ): Promise<FrozenFeatures[]> {
    const { patch } = this;
    if (![input.width, input.height].every((side) => side >= patch && side % patch === 0)) {
      throw new EngineError(
        "option.invalid",
        `The input's sides: expected multiples of the patch, ${patch} px, received ${input.width} × ${input.height}`,
      );
    }
    const out: FrozenFeatures[] = [];
    while (out.length < pictures.length) {
      // A run blocks the thread; a cancellation is heard between two of them.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal, "Measuring");
      const batch = this.nextBatch(pictures.length - out.length);
      out.push(...(await this.run(pictures.slice(out.length, out.length + batch), input)));
    }
    return out;
  }

  async dispose(): Promise<void> {
    this.prepared.clear();
    await Promise.all(this.leaving);
  }

  /** Full batches, then one by one: another size would be another program to prepare. */
  private nextBatch(left: number): number {
    const full = this.options.batch ?? defaultBatch;
    return left >= full ? full : 1;
  }

  private async run(
    pictures: readonly Picture[],
    input: { readonly width: number; readonly height: number },
  ): Promise<FrozenFeatures[]> {
    const { config, preprocessor } = this.model;
    const { width, height } = input;
    const [b, rows, cols] = [pictures.length, height / config.patch, width / config.patch];
    const image = new Float32Array(b * 3 * height * width);
    const size = { kind: "exact", width, height } as const;
    pictures.forEach((picture, i) => {
      const geometry = planInput(picture, size, preprocessor, config.patch);
      image.set(preprocess(picture, geometry, preprocessor), i * 3 * height * width);
    });
    const program = await this.program(b, rows, cols);
    const feed = { dtype: "float32", shape: [b, 3, height, width], data: image } as const;
    const names = this.options.hasBefore ? ["norm", "before"] : ["norm"];
    const outputs = await program.run({ image: feed }, names);
    const tokens = outputs["norm"]!.data as Float32Array;
    const before = outputs["before"]?.data as Float32Array | undefined;
    const d = config.width;
    const first = prefixTokens(config);
    const length = (first + rows * cols) * d;
    return pictures.map((_, i) => {
      // Copies: a view would keep the whole batch, and the registers, alive.
      const own = tokens.subarray(i * length, (i + 1) * length);
      const { cls, patches } = splitTokens(config, own);
      return {
        cls: cls.slice(),
        patches: patches.slice(),
        before: before?.slice(i * length + first * d, (i + 1) * length),
        rows,
        cols,
        width: d,
      };
    });
  }

  private program(b: number, rows: number, cols: number): Promise<PreparedProgram> {
    const key = `${b} ${rows} ${cols}`;
    const known = this.prepared.get(key);
    if (known) return known;
    const { config, params } = this.model;
    const rope = this.options.rope ?? "fp32";
    const shape = { model: this.fingerprint, config, params, grid: { rows, cols }, rope };
    const program = this.executor.prepare(frozenProgram(shape, b));
    this.prepared.set(key, program);
    // What could not be prepared is tried anew the next time.
    program.catch(() => this.prepared.delete(key));
    return program;
  }
}

/**
 * The whole backbone over several pictures of one size: image [b, 3, H, W] -> norm [b, n, d], and
 * before [b, n, d], which is the same without the final norm.
 */
export function frozenProgram(shape: BackboneShape, b: number): Program {
  const { model, config, grid, rope } = shape;
  const { rows, cols } = grid;
  return {
    name: `${model} ${b}x${rows}x${cols} ${rope} frozen`,
    inputs: {
      image: { dtype: "float32", shape: [b, 3, rows * config.patch, cols * config.patch] },
    },
    params: Object.fromEntries(
      Object.keys(paramShapes(config)).map((name) => [name, shape.params[name]!]),
    ),
    build: ({ image }, params) => wholeBackbone(shape, params, image as tf.Tensor4D),
  };
}

/** Of everything that changes a feature: weights as stored, shape, preprocessing, rotary periods. */
async function fingerprintOf(model: FrozenModel, rope: RopePrecision): Promise<string> {
  const hash = createHash("sha256");
  const { mean, std, resample, rescaleFactor } = model.preprocessor;
  hash.update(JSON.stringify([model.config, mean, std, resample, rescaleFactor, rope]));
  for (const name of Object.keys(paramShapes(model.config))) {
    const param = model.params[name]!;
    if (param.kind === "values") {
      const { buffer, byteOffset, byteLength } = param.data;
      hash.update("F32").update(new Uint8Array(buffer, byteOffset, byteLength));
      continue;
    }
    hash.update(param.dtype);
    const range = { start: param.byteOffset, end: param.byteOffset + param.byteLength - 1 };
    const bytes = createReadStream(param.path, { ...range, highWaterMark: 1 << 20 });
    for await (const chunk of bytes) hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex").slice(0, 32);
}
