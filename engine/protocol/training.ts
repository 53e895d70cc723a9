/** What is said about recipes and runs: their settings, their state, and what happens while they go. */
import { z } from "zod";
import { errorCodes } from "./errors.ts";
import { wireTensor } from "./tensor.ts";

/** A setting of a recipe, for an editor (engine/recipe/field.ts). */
export interface FieldDescription {
  group: string;
  kind: "integer" | "number" | "boolean" | "choice" | "text" | "object" | "list" | "choiceOrObject";
  default: unknown;
  range?: readonly [number, number] | undefined;
  unit: string;
  source: string;
  help: string;
  choices?: readonly string[] | undefined;
  nullable: boolean;
  parts?: Readonly<Record<string, FieldDescription>> | undefined;
  item?: FieldDescription | undefined;
}

export const fieldDescription: z.ZodType<FieldDescription> = z.lazy(() =>
  z.object({
    group: z.string(),
    kind: z.enum([
      "integer",
      "number",
      "boolean",
      "choice",
      "text",
      "object",
      "list",
      "choiceOrObject",
    ]),
    default: z.unknown(),
    range: z.tuple([z.number(), z.number()]).optional(),
    unit: z.string(),
    source: z.string(),
    help: z.string(),
    choices: z.array(z.string()).optional(),
    nullable: z.boolean(),
    parts: z.record(z.string(), fieldDescription).optional(),
    item: fieldDescription.optional(),
  }),
);

/** A recipe as JSON: the engine's schema is the one that counts. */
export const recipeJson = z.record(z.string(), z.unknown());
export type RecipeJson = z.infer<typeof recipeJson>;

export const recipePreset = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string(),
  note: z.string(),
  /** Every setting. */
  recipe: recipeJson,
});
export type RecipePreset = z.infer<typeof recipePreset>;

export const recipeFinding = z.object({
  level: z.enum(["error", "warning"]),
  keys: z.array(z.string()),
  message: z.string(),
  rule: z.string(),
  hint: z.string(),
});
export type RecipeFinding = z.infer<typeof recipeFinding>;

export const runError = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
});

export const runStates = [
  "starting",
  "playing",
  "paused",
  "stopping",
  "done",
  "stopped",
  "failed",
] as const;

/** States in which nothing more happens. */
export const endedStates: readonly (typeof runStates)[number][] = ["done", "stopped", "failed"];

/** Of the Gram loss in a run that goes on, as wide as the recipe's setting. */
export const gramWeight = z.number().min(0).max(1000);

export const runStatus = z.object({
  /** Absolute, on the engine's machine. */
  folder: z.string(),
  state: z.enum(runStates),
  kind: z.string(),
  phase: z.enum(["heads", "run"]),
  /** Steps that are done, and in all. */
  step: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  headSteps: z.int().nonnegative(),
  /** Names; [""] where there is one. */
  students: z.array(z.string()),
  remainingMs: z.number().nonnegative().optional(),
  /** Of the next step, where the run has a Gram loss. */
  gramWeight: gramWeight.optional(),
  error: runError.optional(),
});
export type RunStatus = z.infer<typeof runStatus>;

const box = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });

/** The crops of one photograph of a batch, in its own pixels. */
export const batchImage = z.object({
  file: z.string(),
  width: z.number(),
  height: z.number(),
  crops: z.array(z.object({ kind: z.enum(["global", "local"]), box, flipped: z.boolean() })),
  /** Of each global crop, [P] with 1 where a patch is masked. */
  masks: z.array(wireTensor),
});
export type BatchImage = z.infer<typeof batchImage>;

export const trainingEvent = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("status"), status: runStatus }),
  z.object({
    kind: z.literal("step"),
    student: z.string(),
    metrics: z.record(z.string(), z.number()),
  }),
  z.object({ kind: z.literal("checkpoint"), student: z.string(), step: z.int() }),
  z.object({ kind: z.literal("snapshot"), student: z.string(), step: z.int() }),
  z.object({ kind: z.literal("batch"), step: z.int(), images: z.array(batchImage) }),
  z.object({
    /** A step that was taken by hand: what the teacher gave its global crops. */
    kind: z.literal("assignments"),
    student: z.string(),
    step: z.int(),
    /** float32 [2 B, K], rows sum to 1; crops of all images, then the second ones. */
    probabilities: wireTensor,
  }),
  z.object({ kind: z.literal("note"), text: z.string() }),
]);
export type TrainingEvent = z.infer<typeof trainingEvent>;

export const runActions = ["play", "pause", "step", "stop"] as const;
export type RunAction = (typeof runActions)[number];

/** Photographs whose features a run keeps, and the steps at which it did. */
export const studentRecord = z.object({
  name: z.string(),
  checkpoints: z.array(z.int()),
  snapshots: z.array(z.int()),
  watched: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })),
});
export type StudentRecord = z.infer<typeof studentRecord>;

export const runRecord = z.object({
  folder: z.string(),
  recipe: recipeJson,
  students: z.array(studentRecord),
});
export type RunRecord = z.infer<typeof runRecord>;

/** One map of features that a run kept. */
export const snapshotRef = z.object({
  folder: z.string().min(1).max(4096),
  student: z.string().max(255),
  step: z.int().nonnegative(),
  /** Number of the watched image. */
  image: z.int().nonnegative().max(63),
});
export type SnapshotRef = z.infer<typeof snapshotRef>;
