/** Labelled sets of the built-in world, one for each task, drawn when they are asked for. */
import {
  type BoxedImage,
  type ClassedImage,
  type Items,
  type LabelledSet,
  type LabelledSets,
  type Split,
  type Task,
} from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { boxesOf } from "./boxes.ts";
import { classNames, objectNames } from "./classes.ts";
import { instancePair, viewPair } from "./correspondence.ts";
import { checkSide, renderScene } from "./render.ts";
import { drawScene } from "./scene.ts";
import { renderSequence } from "./sequence.ts";

/** Raised whenever the same seed and index give another scene or another picture. */
export const scenesVersion = 2;

/**
 * Scenes from here on are for testing; training, labelled or not, takes those before. Both are
 * counted from 0 where indices of a set are meant.
 */
export const firstTestIndex = 2 ** 31;

export interface SceneSetOptions {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** Side of the pictures in pixels. */
  readonly side: number;
  /** Number of items, of each split where a task has splits. */
  readonly train: number;
  readonly test: number;
  /** Pairs for correspondence: two views of a scene, or two instances of a class. */
  readonly pairs?: "views" | "instances" | undefined;
  /** Pictures in a sequence, 2 or more. */
  readonly frames?: number | undefined;
}

/** Farther is not known: in metres. */
const depthRange: readonly [number, number] = [0.3, 12];

/** Seen parts of objects below this share of the picture have no box. */
const smallestBox = 0.004;

/** What a set holds beside its description and fingerprint. */
const builders: { readonly [T in Task]: (options: SceneSetOptions) => LabelledSets[T] } = {
  segmentation: (options) => ({
    classes: classNames,
    splits: splitsOf(options, (index) => {
      const { picture, semantic } = rendered(options, index);
      return { picture, mask: semantic };
    }),
  }),
  depth: (options) => ({
    range: depthRange,
    splits: splitsOf(options, (index) => {
      const { picture, depth } = rendered(options, index);
      const known = depth.map((metres) => (metres > depthRange[1] ? 0 : metres));
      return { picture, depth: known };
    }),
  }),
  classification: (options) => ({
    classes: objectNames,
    splits: splitsOf(options, (index) => classedImage(options, index)),
  }),
  correspondence: (options) => {
    const { seed, side, pairs = "views" } = options;
    const draw = pairs === "views" ? viewPair : instancePair;
    return { items: testItems(options, (index) => draw(seed, index, side)) };
  },
  discovery: (options) => ({ items: testItems(options, (index) => boxedImage(options, index)) }),
  tracking: (options) => {
    const { seed, side, frames = 24 } = options;
    return { items: testItems(options, (index) => renderSequence(seed, index, side, frames)) };
  },
};

/**
 * A set for a task. Its items are drawn anew each time they are asked for, in this thread.
 * @throws EngineError "option.invalid"
 */
export function sceneSet<T extends Task>(task: T, options: SceneSetOptions): LabelledSet<T> {
  check(options);
  const { seed, side, train, test } = options;
  const { pairs, frames } = options;
  const hasSplits = task === "segmentation" || task === "depth" || task === "classification";
  const counts = hasSplits ? `${train} to train on, ${test} to test` : `${test} to test`;
  const facts = [task, seed, side, hasSplits ? train : 0, test, pairs ?? "", frames ?? ""];
  const set: LabelledSets[T] = builders[task](options);
  return {
    ...set,
    description: `Built-in scenes for ${task}, ${side} px, seed ${seed}: ${counts}`,
    fingerprint: `scenes ${scenesVersion}: ${facts.join(" ")}`,
  };
}

function rendered({ seed, side }: SceneSetOptions, index: number) {
  return renderScene(drawScene(seed, index), side);
}

/** The class of a portrait is that of the object of which most is seen. */
function classedImage({ seed, side }: SceneSetOptions, index: number): ClassedImage {
  const scene = drawScene(seed, index, { kind: "portrait" });
  const rendering = renderScene(scene, side);
  const largest = boxesOf(rendering).reduce((a, b) => (b.area > a.area ? b : a));
  const { name } = scene.objects[largest.instance - 1]!;
  return { picture: rendering.picture, label: objectNames.indexOf(name) };
}

function boxedImage(options: SceneSetOptions, index: number): BoxedImage {
  const rendering = rendered(options, index);
  const smallest = smallestBox * options.side ** 2;
  const boxes = boxesOf(rendering)
    .filter(({ area }) => area >= smallest)
    .map(({ box }) => box);
  return { picture: rendering.picture, boxes };
}

function splitsOf<Item>(
  { train, test }: SceneSetOptions,
  draw: (index: number) => Item,
): Record<Split, Items<Item>> {
  return { train: itemsFrom(0, train, draw), test: itemsFrom(firstTestIndex, test, draw) };
}

function testItems<Item>({ test }: SceneSetOptions, draw: (index: number) => Item): Items<Item> {
  return itemsFrom(firstTestIndex, test, draw);
}

function itemsFrom<Item>(first: number, count: number, draw: (index: number) => Item): Items<Item> {
  return {
    count,
    load: async (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= count) {
        throw new Error(`internal: item ${index} of a set of ${count} scenes`);
      }
      // Drawing blocks the thread; a cancellation is heard between two scenes.
      await new Promise((resolve) => setImmediate(resolve));
      return draw(first + index);
    },
  };
}

function check({ seed, side, train, test, frames = 2 }: SceneSetOptions): void {
  checkSide(side);
  const within = (name: string, value: number, low: number, high: number) => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new EngineError(
      "option.invalid",
      `The ${name} of a set of scenes must be a whole number from ${low} to ${high}, not ${value}`,
    );
  };
  within("seed", seed, 0, 2 ** 32 - 1);
  within("number of scenes to train on", train, 0, firstTestIndex);
  within("number of scenes to test on", test, 0, firstTestIndex);
  within("number of frames", frames, 2, 1000);
}
