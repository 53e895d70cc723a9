/** A fixed teacher of a distillation: run once a batch, whatever the number of students (D). */
import type * as tf from "@tensorflow/tfjs-core";
import type { CropSizes, LoadedBatch } from "../data/batch.ts";
import type {
  Executor,
  HostTensor,
  ParamSource,
  PreparedProgram,
  Program,
} from "../executors/executor.ts";
import { encode } from "../model/backbone.ts";
import type { VitConfig } from "../model/config.ts";
import type { HeadShape } from "../model/head.ts";
import type { RopePrecision } from "../model/rope.ts";
import { classTokens } from "../model/split-tokens.ts";
import { ropeFeeds, ropeOf, ropeSpecs } from "./batch-inputs.ts";
import { centreShapes, prefixed, under } from "./state.ts";
import { networkOf } from "./step.ts";
import type { GivenTargets } from "./step-shape.ts";
import { patchesOf, prototypeTargets, type TargetOptions } from "./targets.ts";

export interface TeacherWeights {
  readonly config: VitConfig;
  /** By our names; byte ranges of files, which the runtime maps. */
  readonly backbone: Readonly<Record<string, ParamSource>>;
  /** `dino_head.*` and `ibot_head.*`; empty where the teacher comes without heads. */
  readonly heads: Readonly<Record<string, HostTensor>>;
  readonly dinoHead?: HeadShape | undefined;
  readonly ibotHead?: HeadShape | undefined;
}

export interface TeacherOptions {
  readonly given: GivenTargets;
  readonly targets: TargetOptions;
  readonly batchSize: number;
  readonly rope: RopePrecision;
}

export class FixedTeacher {
  private readonly programs = new Map<string, Promise<PreparedProgram>>();
  /** Running centres, with centring. */
  private centres: Readonly<Record<string, HostTensor>>;

  constructor(
    private readonly executor: Executor,
    private readonly weights: TeacherWeights,
    private readonly options: TeacherOptions,
    centres: Readonly<Record<string, HostTensor>> = {},
  ) {
    this.centres = hasCentres(options) ? { ...emptyCentres(weights), ...centres } : {};
  }

  /** What a checkpoint keeps of it. */
  get state(): Readonly<Record<string, HostTensor>> {
    return this.centres;
  }

  /** @returns the inputs "target.*" of a student's step */
  async targets(
    { batch, sizes }: LoadedBatch,
    temperature: number,
  ): Promise<Record<string, HostTensor>> {
    const program = await this.prepared(sizes, batch.maskIndices.length);
    const { config } = this.weights;
    const { batchSize: b, rope, given } = this.options;
    const side = sizes.global;
    const isByPrototypes = given.kind === "prototypes";
    const wanted = isByPrototypes
      ? [
          ...(this.weights.dinoHead ? ["target.dino"] : []),
          ...(this.weights.ibotHead ? ["target.ibot"] : []),
        ]
      : ["target.cls", "target.patches"];
    const moved = Object.keys(this.centres);
    const results = await program.run(
      {
        "batch.global": { dtype: "float32", shape: [2 * b, 3, side, side], data: batch.global },
        "batch.maskIndices": {
          dtype: "int32",
          shape: [batch.maskIndices.length],
          data: batch.maskIndices,
        },
        temperature: { dtype: "float32", shape: [], data: Float32Array.of(temperature) },
        ...ropeFeeds("rope.teacher", config, side, rope),
        ...this.centres,
      },
      [...wanted, ...moved.map((name) => `next.${name}`)],
    );
    this.centres = Object.fromEntries(moved.map((name) => [name, results[`next.${name}`]!]));
    return Object.fromEntries(wanted.map((name) => [name, results[name]!]));
  }

  async dispose(): Promise<void> {
    for (const program of this.programs.values()) await (await program).dispose();
    this.programs.clear();
  }

  private prepared(sizes: CropSizes, maskedTokens: number): Promise<PreparedProgram> {
    const key = `${sizes.global} ${maskedTokens}`;
    const known = this.programs.get(key);
    if (known) return known;
    const program = this.executor.prepare(
      teacherProgram(this.weights, this.options, sizes.global, maskedTokens),
    );
    this.programs.set(key, program);
    return program;
  }
}

function hasCentres({ given, targets }: TeacherOptions): boolean {
  return given.kind === "prototypes" && targets.kind === "centring";
}

function emptyCentres(weights: TeacherWeights): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(centreShapes(weights)).map(([name, shape]) => [
      name,
      { dtype: "float32" as const, shape, data: new Float32Array(shape[1]!) },
    ]),
  );
}

function teacherProgram(
  weights: TeacherWeights,
  options: TeacherOptions,
  side: number,
  maskedTokens: number,
): Program {
  const { config } = weights;
  const heads: Record<string, ParamSource> = Object.fromEntries(
    Object.entries(weights.heads).map(([name, { shape, data }]) => [
      name,
      { kind: "values", data: data as Float32Array, shape },
    ]),
  );
  const centres = hasCentres(options) ? centreShapes(weights) : {};
  return {
    name: `teacher over ${options.batchSize} images`,
    inputs: {
      "batch.global": { dtype: "float32", shape: [2 * options.batchSize, 3, side, side] },
      "batch.maskIndices": { dtype: "int32", shape: [maskedTokens] },
      temperature: { dtype: "float32", shape: [] },
      ...ropeSpecs("rope.teacher", config, side),
      ...Object.fromEntries(
        Object.entries(centres).map(([name, shape]) => [
          name,
          { dtype: "float32" as const, shape },
        ]),
      ),
    },
    params: {
      ...prefixed("backbone.", weights.backbone),
      ...(options.given.kind === "prototypes" ? heads : {}),
    },
    build: (inputs, params) => {
      const global = inputs["batch.global"] as tf.Tensor4D;
      const rope = ropeOf(inputs, "rope.teacher");
      if (options.given.kind === "features") {
        const tokens = encode(config, under("backbone.", params), global, rope);
        return {
          "target.cls": classTokens(config, tokens),
          "target.patches": patchesOf(config, tokens),
        };
      }
      const set = prototypeTargets(
        config,
        options.targets,
        networkOf(params),
        global,
        inputs["batch.maskIndices"] as tf.Tensor1D,
        rope,
        inputs["temperature"] as tf.Scalar,
        {
          dino: inputs["centre.dino"] as tf.Tensor2D | undefined,
          ibot: inputs["centre.ibot"] as tf.Tensor2D | undefined,
        },
      );
      return {
        ...(set.dino ? { "target.dino": set.dino } : {}),
        ...(set.ibot ? { "target.ibot": set.ibot } : {}),
        ...(set.centres.dino ? { "next.centre.dino": set.centres.dino } : {}),
        ...(set.centres.ibot ? { "next.centre.ibot": set.centres.ibot } : {}),
      };
    },
  };
}
