/** Features of a few photographs as a run goes on: the teacher's patches, kept step by step. */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import type { Executor, HostTensor, PreparedProgram, Program } from "../executors/executor.ts";
import { toFloat16 } from "../executors/float-formats.ts";
import { decodeImage } from "../image/decode.ts";
import { planInput } from "../image/plan-input.ts";
import { preprocess } from "../image/preprocess.ts";
import { readImageFile } from "../image/read-image-file.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import { encode } from "../model/backbone.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { paramShapes } from "../model/params.ts";
import { ropeTables, type RopePrecision } from "../model/rope.ts";
import type { Geometry } from "../protocol/geometry.ts";
import { runPaths, type Run } from "../runs/run-directory.ts";
import { snapshotName } from "../runs/snapshots.ts";
import { isSceneName, namedScene } from "../scenes/named-scene.ts";
import { writeSafetensors } from "../weights/write-safetensors.ts";
import type { TrainingState } from "./state.ts";

interface Watched {
  readonly name: string;
  readonly geometry: Geometry;
  readonly pixels: Float32Array;
}

export interface WatchOptions {
  readonly executor: Executor;
  readonly config: VitConfig;
  readonly preprocessor: Preprocessor;
  readonly rope: RopePrecision;
  /** Short side in pixels. */
  readonly side: number;
}

export class Watch {
  private readonly programs = new Map<string, PreparedProgram>();

  private constructor(
    private readonly options: WatchOptions,
    private readonly images: readonly Watched[],
  ) {}

  /** @throws EngineError as decodeImage, or "path.missing" */
  static async open(files: readonly string[], options: WatchOptions): Promise<Watch> {
    const images: Watched[] = [];
    for (const file of files) {
      const decoded = isSceneName(file)
        ? namedScene(file)
        : await decodeImage(await readImageFile(file), basename(file));
      const { config, preprocessor, side } = options;
      const geometry = planInput(decoded, { kind: "short", side }, preprocessor, config.patch);
      images.push({
        name: isSceneName(file) ? file : basename(file),
        geometry,
        pixels: preprocess(decoded, geometry, preprocessor),
      });
    }
    return new Watch(options, images);
  }

  /**
   * Write snapshots/step-000100.safetensors: for image i `i.patches` [P, d] and `i.cls` [d], float16,
   * after the final norm; names and grids in the metadata.
   * @returns whether there is anything to watch
   */
  async keep(run: Run, step: number, state: TrainingState): Promise<boolean> {
    if (this.images.length === 0) return false;
    const tensors = [];
    for (const [i, image] of this.images.entries()) {
      const { cls, patches } = await this.features(image, state);
      const width = this.options.config.width;
      tensors.push(
        {
          name: `${i}.patches`,
          dtype: "F16" as const,
          shape: [patches.length / width, width],
          data: toFloat16(patches),
        },
        { name: `${i}.cls`, dtype: "F16" as const, shape: [width], data: toFloat16(cls) },
      );
    }
    const { snapshots } = runPaths(run);
    await mkdir(snapshots, { recursive: true });
    await writeSafetensors(join(snapshots, snapshotName(step)), tensors, {
      step: String(step),
      images: JSON.stringify(this.images.map(({ name, geometry }) => ({ name, geometry }))),
    });
    return true;
  }

  async dispose(): Promise<void> {
    for (const program of this.programs.values()) await program.dispose();
    this.programs.clear();
  }

  private async features({ geometry, pixels }: Watched, state: TrainingState) {
    const { config, rope } = this.options;
    const { rows, cols } = geometry.grid;
    const program = await this.prepared(rows, cols);
    const tables = ropeTables(config, geometry.grid, rope);
    const size = [prefixTokens(config) + rows * cols, config.width / config.heads / 2];
    const feeds: Record<string, HostTensor> = {
      image: {
        dtype: "float32",
        shape: [1, 3, rows * config.patch, cols * config.patch],
        data: pixels,
      },
      cos: { dtype: "float32", shape: size, data: tables.cos },
      sin: { dtype: "float32", shape: size, data: tables.sin },
    };
    for (const name of Object.keys(paramShapes(config))) {
      feeds[name] = state[`teacher.backbone.${name}`]!;
    }
    const { tokens } = await program.run(feeds, ["tokens"]);
    const values = tokens!.data as Float32Array;
    return {
      cls: values.subarray(0, config.width),
      patches: values.subarray(prefixTokens(config) * config.width),
    };
  }

  private async prepared(rows: number, cols: number): Promise<PreparedProgram> {
    const key = `${rows} ${cols}`;
    const known = this.programs.get(key);
    if (known) return known;
    const program = await this.options.executor.prepare(
      watchProgram(this.options.config, rows, cols),
    );
    this.programs.set(key, program);
    return program;
  }
}

/** A forward pass whose weights are inputs: they change from step to step. */
function watchProgram(config: VitConfig, rows: number, cols: number): Program {
  const table = {
    dtype: "float32" as const,
    shape: [prefixTokens(config) + rows * cols, config.width / config.heads / 2],
  };
  return {
    name: `features of a watched image, ${rows} x ${cols} patches`,
    inputs: {
      image: { dtype: "float32", shape: [1, 3, rows * config.patch, cols * config.patch] },
      cos: table,
      sin: table,
      ...Object.fromEntries(
        Object.entries(paramShapes(config)).map(([name, shape]) => [
          name,
          { dtype: "float32" as const, shape },
        ]),
      ),
    },
    params: {},
    isOptimised: true,
    build: (inputs) => ({
      tokens: encode(config, inputs, inputs["image"] as tf.Tensor4D, {
        cos: inputs["cos"] as tf.Tensor2D,
        sin: inputs["sin"] as tf.Tensor2D,
      }),
    }),
  };
}
