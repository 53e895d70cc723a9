/** What a run will need of memory, item by item, before anything is allocated. */
import { availableParallelism } from "node:os";
import { peakBytes } from "../compiler/memory.ts";
import { simplify } from "../compiler/simplify.ts";
import { trace } from "../compiler/trace.ts";
import { allCropSizes } from "../data/crop-mix.ts";
import { maskedTokens } from "../data/masks.ts";
import { elementCount } from "../protocol/tensor.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { phaseRecipe, stepOptions } from "./plan.ts";
import { stateSpecs, type StateShape } from "./state.ts";
import { passProgram, stepProgram } from "./step.ts";
import type { GivenTargets } from "./step-shape.ts";

export interface MemoryItem {
  readonly name: string;
  readonly bytes: number;
}

export interface MemoryEstimate {
  readonly items: readonly MemoryItem[];
  readonly total: number;
}

/**
 * @param recipe  of the run
 * @param shape   of each student
 * @param teacher bytes of a fixed teacher
 */
export function estimateMemory(
  recipe: Recipe,
  shapes: readonly StateShape[],
  given?: GivenTargets,
  teacher = 0,
): MemoryEstimate {
  const items = new Map<string, number>();
  const add = (name: string, bytes: number) => {
    if (bytes > 0) items.set(name, (items.get(name) ?? 0) + bytes);
  };
  for (const shape of shapes) {
    const bytes = stateBytes(shape);
    add("student's weights", bytes("student."));
    add("AdamW's moments", bytes("m.") + bytes("v."));
    add("EMA teacher", bytes("teacher."));
    add("Gram teacher", bytes("gram."));
    add("centres", bytes("centre."));
    // The next state is written beside the one that it is computed from.
    add(
      "the next state",
      ["student.", "m.", "v.", "teacher."].reduce((sum, k) => sum + bytes(k), 0),
    );
    add("gradients accumulated", recipe.accumulate > 1 ? 2 * bytes("student.") : 0);
  }
  // Students take turns, so the largest one counts.
  const activations = shapes.map((shape) => activationBytes(recipe, shape, given));
  add("activations and gradients", Math.max(...activations));
  add("fixed teacher", teacher);
  add("batches", 3 * recipe.accumulate * batchBytes(recipe));
  add("photographs being read", 128 * 2 ** 20 * Math.max(1, availableParallelism() - 1));
  const list = [...items].map(([name, bytes]) => ({ name, bytes }));
  return { items: list, total: list.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function stateBytes(shape: StateShape): (prefix: string) => number {
  const specs = Object.entries(stateSpecs(shape));
  return (prefix) =>
    specs
      .filter(([name]) => name.startsWith(prefix))
      .reduce((sum, [, spec]) => sum + 4 * elementCount(spec.shape), 0);
}

/** Images of a batch that is traced as it is: at hundreds a trace takes longer than the first step. */
const tracedBatch = 8;

/**
 * Of large batches two small ones are traced and the line through them is followed: crops pass the
 * network one by one. Gram matrices over the batch grow with its square and are traced as they are.
 */
export function activationBytes(recipe: Recipe, state: StateShape, given?: GivenTargets): number {
  const { batchSize, gramLevel, gramWeight } = recipe;
  const isLinear = gramWeight === 0 || gramLevel === "image";
  if (!isLinear || batchSize <= 2 * tracedBatch) return tracedBytes(recipe, state, given);
  const [low, high] = [1, 2].map((times) =>
    tracedBytes({ ...recipe, batchSize: times * tracedBatch, koleoGroup: 0 }, state, given),
  ) as [number, number];
  return low + ((high - low) * (batchSize - tracedBatch)) / tracedBatch;
}

/** From the lifetimes of the values in the traced step, at the largest sizes. */
export function tracedBytes(recipe: Recipe, state: StateShape, given?: GivenTargets): number {
  const { config } = state.network;
  const sets = allCropSizes(recipe);
  const area = (set: (typeof sets)[number]) => set.global ** 2 + set.gram ** 2 + set.local ** 2;
  const sizes = sets.reduce((most, set) => (area(set) > area(most) ? set : most));
  const patches = (sizes.global / config.patch) ** 2;
  const shape = {
    ...stepOptions(phaseRecipe(recipe, "run"), state, "run", given),
    sizes,
    maskedTokens: maskedTokens(2 * recipe.batchSize, patches, recipe),
  };
  const program = recipe.accumulate > 1 ? passProgram(shape) : stepProgram(shape);
  const graph = simplify(trace(program));
  // Outputs are counted with the state.
  const outputs = [...graph.outputs.values()];
  const written = outputs.reduce((sum, { shape: size }) => sum + 4 * elementCount(size), 0);
  return Math.max(0, peakBytes(graph) - written);
}

function batchBytes(recipe: Recipe): number {
  const { batchSize: b, localCrops } = recipe;
  const sets = allCropSizes(recipe).map(
    ({ global, local, gram }) =>
      4 * 3 * b * (2 * global ** 2 + localCrops * local ** 2 + 2 * gram ** 2),
  );
  return Math.max(...sets);
}
