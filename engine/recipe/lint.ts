/** What contradicts itself in a recipe, and what is allowed but seldom meant; each with its rule. */
import { EngineError } from "../protocol/errors.ts";
import { sizesOf, when, type Finding, type Rule } from "./finding.ts";
import { gramRules } from "./gram-rules.ts";
import type { Recipe, RecipeKey } from "./recipe.ts";

/** @returns errors first; empty where there is nothing to say */
export function lintRecipe(recipe: Recipe): Finding[] {
  const found = rules.flatMap((rule) => rule(recipe));
  return [
    ...found.filter(({ level }) => level === "error"),
    ...found.filter(({ level }) => level === "warning"),
  ];
}

/** @throws EngineError "config.contradicts" with the first error */
export function refuseContradictions(recipe: Recipe): void {
  const [first] = lintRecipe(recipe);
  if (first?.level !== "error") return;
  throw new EngineError(
    "config.contradicts",
    `recipe, ${first.keys.join(", ")}: ${first.message}. ${first.rule}`,
    { hint: first.hint },
  );
}

const patchOf = ({ model }: Recipe): number =>
  typeof model === "object" && model !== null ? model.patch : 16;

const sourceRules: Rule = (r) => [
  ...when(
    r.data.kind !== "scenes" && r.data.path === null,
    "error",
    ["data"],
    `expected a path with kind "${r.data.kind}", received null`,
    "Images and recorded batches are read from a path.",
    "Set data.path, or data.kind to scenes.",
  ),
  ...when(
    r.model === null && r.init === null && r.students.length === 0,
    "error",
    ["model", "init"],
    "expected a model or weights to start from, received neither",
    "The shape comes from the model, or from the weights.",
    'Set model to a name such as "dinov3_vits16", or init to a model directory.',
  ),
  ...when(
    (r.kind === "refine" || r.kind === "adapt") && r.init === null,
    "error",
    ["kind", "init"],
    `expected weights to start from with kind "${r.kind}", received null`,
    "This phase continues from a trained backbone.",
    "Set init to a model directory or to a checkpoint of a run.",
  ),
  ...when(
    r.kind === "distill" && r.teacher === null,
    "error",
    ["kind", "teacher"],
    "expected a teacher, received null",
    "A distillation follows a fixed teacher.",
    "Set teacher to a model directory or a checkpoint.",
  ),
  ...when(
    r.kind !== "distill" && (r.teacher !== null || r.students.length > 0),
    "error",
    ["kind", "teacher", "students"],
    `expected no teacher and no students with kind "${r.kind}"`,
    "Elsewhere the teacher is the moving average of the student.",
    'Set kind to "distill", or remove them.',
  ),
  ...when(
    new Set(r.students.map(({ name }) => name)).size < r.students.length,
    "error",
    ["students"],
    "expected a different name for each student",
    "The name is the student's folder in the run.",
    "Rename one.",
  ),
  ...when(
    r.students.some(({ model, init }) => model === null && init === null),
    "error",
    ["students"],
    "expected a model or weights for each student, received neither",
    "The shape comes from the model, or from the weights.",
    "Set its model or its init.",
  ),
];

const modelRules: Rule = ({ model, students }) =>
  [model, ...students.map((student) => student.model)].flatMap((m) => {
    if (typeof m !== "object" || m === null) return [];
    const { width, heads } = m;
    return when(
      width % (4 * heads) !== 0,
      "error",
      ["model"],
      `expected a width that is a multiple of 4 heads = ${4 * heads}, received ${width}`,
      "RoPE turns pairs of channels of each head, half of them by row and half by column.",
      `Set width to ${Math.max(1, Math.round(width / (4 * heads))) * 4 * heads}.`,
    );
  });

const sizeRules: Rule = (r) => {
  const patch = patchOf(r);
  const rule = `A crop is cut into patches of ${patch} pixels.`;
  const keys: RecipeKey[] = r.cropMix.length > 0 ? ["cropMix"] : [];
  return sizesOf(r).flatMap((sizes) =>
    (["globalSize", "localSize", "gramSize"] as const).flatMap((key) => {
      if (key === "localSize" && r.localCrops === 0) return [];
      const size = sizes[key];
      const near = Math.max(1, Math.round(size / patch)) * patch;
      return [
        ...when(
          size % patch !== 0,
          "error",
          [...keys, key],
          `${key}: expected a multiple of ${patch}, received ${size}`,
          rule,
          `Set it to ${near}.`,
        ),
        ...when(
          key === "gramSize" && size > 0 && size < sizes.globalSize,
          "error",
          [...keys, key],
          `expected at least the global crop's ${sizes.globalSize}, received ${size}`,
          "The Gram teacher sees more than the student, never less.",
          `Set it to ${2 * sizes.globalSize}, or to 0.`,
        ),
      ];
    }),
  );
};

const ascending: readonly (readonly [RecipeKey, RecipeKey])[] = [
  ["maskRatioMin", "maskRatioMax"],
  ["blurSigmaMin", "blurSigmaMax"],
];

const rangeRules: Rule = (r) => [
  ...ascending.flatMap(([low, high]) =>
    when(
      Number(r[low]) > Number(r[high]),
      "error",
      [low, high],
      `expected at most ${Number(r[high])} for ${low}, received ${Number(r[low])}`,
      "A range goes from small to large.",
      "Exchange them.",
    ),
  ),
  ...(["globalScale", "localScale"] as const).flatMap((key) =>
    when(
      r[key].min > r[key].max,
      "error",
      [key],
      `expected min at most max = ${r[key].max}, received ${r[key].min}`,
      "A range goes from small to large.",
      "Exchange them.",
    ),
  ),
  ...when(
    r.warmupSteps >= r.steps,
    "warning",
    ["warmupSteps", "steps"],
    `the warm-up has ${r.warmupSteps} steps, and the run ${r.steps}`,
    "The learning rate never reaches its peak.",
    `Set warmupSteps to ${Math.floor(r.steps / 20)}.`,
  ),
];

const lossRules: Rule = (r) => {
  const crops = 2 * r.batchSize;
  // At 16 the sample run of docs/training.md moved from its first steps, with prototypes of unit length.
  const most = 16 * crops;
  return [
    ...when(
      r.localCrops > 0 && r.dinoWeight === 0,
      "warning",
      ["localCrops", "dinoWeight"],
      "local crops without a DINO loss",
      "They take part in no other loss.",
      "Set localCrops to 0.",
    ),
    ...when(
      r.kind !== "distill" && r.ibotWeight > 0 && (r.maskProbability === 0 || r.maskRatioMax === 0),
      "error",
      ["ibotWeight", "maskProbability", "maskRatioMax"],
      "expected masked patches with an iBOT loss, received none",
      "iBOT is computed where patches are masked.",
      "Set maskProbability to 0.5 and maskRatioMax to 0.5, or ibotWeight to 0.",
    ),
    ...when(
      r.koleoGroup > 0 && (r.koleoGroup === 1 || r.batchSize % r.koleoGroup !== 0),
      r.koleoGroup > r.batchSize && r.koleoWeight === 0 ? "warning" : "error",
      ["koleoGroup", "batchSize"],
      `expected at least 2 images and a divisor of the batch of ${r.batchSize}, received ${r.koleoGroup}`,
      "The batch is cut into equal groups, and a nearest neighbour needs another image.",
      "Set koleoGroup to 0 for the whole batch.",
    ),
    ...when(
      r.koleoWeight > 0 && r.batchSize < 2,
      "error",
      ["koleoWeight", "batchSize"],
      `expected at least 2 images with KoLeo, received ${r.batchSize}`,
      "An image has no nearest neighbour in a batch of its own.",
      "Set koleoWeight to 0, or batchSize to 2 or more.",
    ),
    ...when(
      r.targets === "sinkhorn" && r.dinoWeight > 0 && r.dinoPrototypes > most,
      "warning",
      ["dinoPrototypes", "batchSize", "targets"],
      `${r.dinoPrototypes} prototypes for ${crops} teacher crops in a pass`,
      "Sinkhorn gives every prototype the same mass, which few crops can only meet softly: the loss stays near ln K.",
      `Set dinoPrototypes to ${Math.max(32, most)} or fewer, or targets to "centring".`,
    ),
    ...when(
      r.kind === "pretrain" && r.dinoWeight === 0 && r.ibotWeight === 0,
      "warning",
      ["dinoWeight", "ibotWeight"],
      "neither a DINO nor an iBOT loss",
      "KoLeo alone only spreads the features.",
      "Set one of them to 1.",
    ),
    ...when(
      r.endMomentum < r.momentum,
      "warning",
      ["momentum", "endMomentum"],
      `the momentum falls from ${r.momentum} to ${r.endMomentum}`,
      "The teacher follows faster at the end, where it should settle.",
      "Set endMomentum to at least the momentum.",
    ),
    ...when(
      r.headWarmupSteps > 0 && r.init === null,
      "warning",
      ["headWarmupSteps", "init"],
      "heads are warmed up on a backbone of random weights",
      "They learn nothing that lasts.",
      "Set headWarmupSteps to 0.",
    ),
  ];
};

const rules: readonly Rule[] = [
  sourceRules,
  modelRules,
  sizeRules,
  gramRules,
  rangeRules,
  lossRules,
];
