/** What a run starts from: weights read and checked against the recipe, the rest drawn. */
import { type HostTensor } from "../executors/executor.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import { dinov3Preprocessor, type Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import { countParameters, maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";
import {
  readInitialWeights,
  type InitialHeads,
  type InitialWeights,
} from "../runs/initial-weights.ts";
import { openModelFiles } from "../weights/open-model.ts";
import { initialState, randomNetwork, type NetworkTensors } from "./initial-state.ts";
import { stateShape, writtenConfig } from "./plan.ts";
import { networkShapes, prefixed, type StateShape, type TrainingState } from "./state.ts";
import type { GivenTargets } from "./step-shape.ts";
import type { TeacherWeights } from "./teacher.ts";

export interface StudentStart {
  readonly shape: StateShape;
  readonly state: TrainingState;
  readonly preprocessor: Preprocessor;
  /** Heads that were drawn, and a backbone that was not: they may be warmed up. */
  readonly hasFreshHeads: boolean;
}

/**
 * What a student will hold, from headers alone: memory is estimated before anything is made.
 * @returns undefined where only reading the weights tells
 */
export async function studentShape(
  recipe: Recipe,
  { model, init }: Pick<Recipe, "model" | "init">,
  given?: GivenTargets,
): Promise<StateShape | undefined> {
  if (model !== null) return stateShape(recipe, writtenConfig(model), given);
  // What is wrong with the file is said by its reader, who comes next.
  const open = async (place: string) => openModelFiles(await cachedModelPath(place));
  const files = init === null ? undefined : await open(init).catch(() => undefined);
  return files?.config.architecture === undefined && files
    ? stateShape(recipe, files.config, given)
    : undefined;
}

/**
 * @param given in a distillation, what its teacher gives
 * @throws EngineError of the reader; "weights.shape" where weights do not fit the recipe
 */
export async function startStudent(
  recipe: Recipe,
  student: Pick<Recipe, "model" | "init">,
  given?: GivenTargets,
): Promise<StudentStart> {
  const init = student.init === null ? undefined : await readWeights(student.init);
  const config = configOf(student, init);
  refuseOtherPatch(recipe, config, given);
  const shape = stateShape(recipe, config, given);
  const drawn = randomNetwork(shape.network, {
    seed: recipe.seed,
    layerScale: recipe.layerScale,
    prototypes: recipe.headInit === "unitPrototypes" ? "unit" : "official",
  });
  const names = networkShapes(shape.network);
  const own = init
    ? assemble(names, drawn, init.backbone, init.heads.student, student.init!)
    : { tensors: drawn, hasHeads: false };
  const teacher =
    init?.teacher &&
    assemble(names, own.tensors, init.teacher, init.heads.teacher ?? {}, student.init!).tensors;
  const gram = shape.hasGramTeacher ? await gramTeacher(recipe, config, init) : undefined;
  const usesHeads = shape.network.dinoHead !== undefined || shape.network.ibotHead !== undefined;
  return {
    shape,
    state: initialState(shape, { student: own.tensors, teacher, gram }),
    preprocessor: init?.preprocessor ?? forCrops(recipe),
    hasFreshHeads: init !== undefined && usesHeads && !own.hasHeads,
  };
}

/** @throws EngineError as {@link startStudent} */
export async function startTeacher(recipe: Recipe): Promise<{
  weights: TeacherWeights;
  given: GivenTargets;
  preprocessor: Preprocessor;
  /** Of its weights. */
  bytes: number;
}> {
  const path = await cachedModelPath(recipe.teacher!);
  const found = await readInitialWeights(path);
  const { config, preprocessor } = found;
  // Of a run of ours its EMA teacher is the better network.
  const heads = found.heads.teacher ?? found.heads.student ?? {};
  const hasHeads = heads.dino_head !== undefined || heads.ibot_head !== undefined;
  const byPrototypes =
    recipe.distillBy === "prototypes" || (recipe.distillBy === "auto" && hasHeads);
  if (byPrototypes && !hasHeads) {
    throw new EngineError(
      "weights.missing",
      `${path}: expected heads to distil through prototypes, it has none`,
      { hint: 'Set distillBy to "features", or give a checkpoint of a run of yours.' },
    );
  }
  const backbone = found.teacher ?? found.backbone;
  const weights: TeacherWeights = {
    config,
    backbone: await sources(path, backbone),
    heads: {
      ...prefixed("dino_head.", heads.dino_head?.tensors ?? {}),
      ...prefixed("ibot_head.", heads.ibot_head?.tensors ?? {}),
    },
    dinoHead: recipe.dinoWeight > 0 ? heads.dino_head?.shape : undefined,
    ibotHead: recipe.ibotWeight > 0 ? heads.ibot_head?.shape : undefined,
  };
  const bytes = 4 * countParameters(config);
  if (!byPrototypes) {
    const given = { kind: "features", width: config.width, patch: config.patch } as const;
    return { weights, given, preprocessor, bytes };
  }
  for (const [name, setting] of [
    ["dino", recipe.dinoPrototypes],
    ["ibot", recipe.ibotPrototypes],
  ] as const) {
    const isUsed = name === "dino" ? recipe.dinoWeight > 0 : recipe.ibotWeight > 0;
    const count = heads[`${name}_head`]?.shape.prototypes;
    if (isUsed && count !== setting) {
      throw new EngineError(
        "weights.shape",
        `${path}: expected ${setting} prototypes in its ${name}_head, as the recipe has, received ${count ?? "no such head"}`,
        { hint: `Set ${name}Prototypes to ${count ?? setting}, or ${name}Weight to 0.` },
      );
    }
  }
  return { weights, given: { kind: "prototypes" }, preprocessor, bytes };
}

/** Files stay where they are; what had to be converted is handed over as values. */
async function sources(
  path: string,
  backbone: Readonly<Record<string, HostTensor>>,
): Promise<TeacherWeights["backbone"]> {
  const files = await openModelFiles(path).catch(() => undefined);
  if (files) return files.params;
  return Object.fromEntries(
    Object.entries(backbone)
      .filter(([name]) => name !== maskToken)
      .map(([name, { shape, data }]) => [
        name,
        { kind: "values" as const, shape, data: data as Float32Array },
      ]),
  );
}

function configOf(
  { model, init }: Pick<Recipe, "model" | "init">,
  found?: InitialWeights,
): VitConfig {
  const written = model === null ? undefined : writtenConfig(model);
  if (!found) {
    if (!written) throw new Error("internal: a recipe without model and init was not refused");
    return written;
  }
  refuseFamily(init!, found.config);
  if (written) refuseOther(init!, written, found.config);
  return found.config;
}

/** The step knows DINOv3's positions and mask tokens, and a checkpoint is written as a DINOv3 model. */
function refuseFamily(path: string, { traits }: VitConfig): void {
  if (!traits) return;
  throw new EngineError(
    "weights.shape",
    `${path}: expected a DINOv3 ViT to go on training, received an encoder of another family`,
    {
      hint: 'It can be the teacher of a distillation: set kind to "distill", teacher to this path and distillBy to "features".',
    },
  );
}

/** Patches are compared one by one, so teacher and student must cut them alike. */
function refuseOtherPatch({ teacher }: Recipe, { patch }: VitConfig, given?: GivenTargets): void {
  if (given?.kind !== "features" || given.patch === undefined || given.patch === patch) return;
  throw new EngineError(
    "weights.shape",
    `${teacher}: expected patches of ${patch} px, which the student has, received ${given.patch} px`,
    { hint: `Give the student's model a patch of ${given.patch}.` },
  );
}

function refuseOther(path: string, expected: VitConfig, received: VitConfig): void {
  for (const key of [
    "width",
    "depth",
    "heads",
    "hidden",
    "feedForward",
    "patch",
    "registers",
  ] as const) {
    if (expected[key] === received[key]) continue;
    throw new EngineError(
      "weights.shape",
      `${path}: expected ${key} ${expected[key]}, as the recipe's model has, received ${received[key]}`,
      { hint: "Leave model out to take the shape of these weights." },
    );
  }
}

/** The network's tensors from a file, its heads too where it has them, the rest as they were drawn. */
function assemble(
  names: Readonly<Record<string, readonly number[]>>,
  drawn: NetworkTensors,
  backbone: NetworkTensors,
  heads: InitialHeads = {},
  path: string,
): { tensors: NetworkTensors; hasHeads: boolean } {
  const found: NetworkTensors = {
    ...prefixed("backbone.", backbone),
    ...prefixed("dino_head.", heads.dino_head?.tensors ?? {}),
    ...prefixed("ibot_head.", heads.ibot_head?.tensors ?? {}),
  };
  const tensors = Object.fromEntries(
    Object.entries(names).map(([name, expected]) => {
      const tensor = found[name];
      if (!tensor) return [name, drawn[name]!];
      // The mask token is stored as [1, d] by some and as [1, 1, d] by others.
      if (name === `backbone.${maskToken}`) return [name, { ...tensor, shape: expected }];
      if (tensor.shape.join() !== expected.join()) throw misfit(path, name, expected, tensor.shape);
      return [name, tensor];
    }),
  );
  const wanted = Object.keys(names).filter((name) => !name.startsWith("backbone."));
  return { tensors, hasHeads: wanted.every((name) => found[name] !== undefined) };
}

function misfit(
  path: string,
  name: string,
  expected: readonly number[],
  received: readonly number[],
): EngineError {
  const head = /^(dino|ibot)_head/.exec(name)?.[1];
  return new EngineError(
    "weights.shape",
    `${path}: ${name}: expected [${expected.join(", ")}], received [${received.join(", ")}]`,
    {
      hint:
        head === undefined
          ? "These are the weights of another model."
          : `Set ${head}Hidden, ${head}Bottleneck and ${head}Prototypes to those of this head.`,
    },
  );
}

/** By our names with the prefix "backbone."; undefined where it starts as the teacher. */
async function gramTeacher(
  recipe: Recipe,
  config: VitConfig,
  init: InitialWeights | undefined,
): Promise<NetworkTensors | undefined> {
  if (recipe.gramTeacher === "init") return init?.gram && prefixed("backbone.", init.gram);
  const other = await readWeights(recipe.gramTeacher);
  refuseFamily(recipe.gramTeacher, other.config);
  refuseOther(recipe.gramTeacher, config, other.config);
  return prefixed("backbone.", other.teacher ?? other.backbone);
}

/** @param place a path, or a name of the Hub, whose model is in the cache */
async function readWeights(place: string): Promise<InitialWeights> {
  return readInitialWeights(await cachedModelPath(place));
}

function forCrops({ globalSize }: Recipe): Preprocessor {
  return { ...dinov3Preprocessor, size: { height: globalSize, width: globalSize } };
}
