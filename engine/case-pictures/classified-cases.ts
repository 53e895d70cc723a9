/** Cases of classification: the photograph with its class, what it was taken for, and its neighbours. */
import type { ClassedDrawing } from "../evaluation/classified-features.ts";
import type { KnnDrawing } from "../evaluation/knn.ts";
import type { LabelledSet } from "../labels/labelled.ts";
import { photograph, sizeWithin, type Panel } from "./panel.ts";
import { right, wrong, type Shown } from "./shown-case.ts";

type Set = LabelledSet<"classification">;

const large = { width: 420, height: 316 };

export async function linearCase(
  set: Set,
  index: number,
  { label, prediction }: ClassedDrawing,
): Promise<Shown> {
  const panel = await asked(set, index, label, prediction);
  return {
    rows: [[panel]],
    words: verdict(set, label, prediction),
  };
}

/** Two rows of five beside the photograph. */
const mostNeighbours = 10;
const small = { width: 160, height: 142 };

export async function knnCase(
  set: Set,
  index: number,
  { label, prediction, neighbours }: KnnDrawing,
): Promise<Shown> {
  const main = await asked(set, index, label, prediction);
  const near: Panel[] = [];
  const told: string[] = [];
  for (const [i, neighbour] of neighbours.slice(0, mostNeighbours).entries()) {
    const { picture, label: own } = await set.splits.train.load(neighbour);
    const name = set.classes[own]!;
    const panel = await photograph(picture, sizeWithin(picture, small), `${i + 1}. ${name}`);
    near.push({ ...panel, frame: own === label ? right : wrong });
    told.push(name);
  }
  const half = Math.ceil(near.length / 2);
  return {
    rows: [[main, { rows: [near.slice(0, half), near.slice(half)] }]],
    words: `${verdict(set, label, prediction)} Its nearest neighbours in the training set, nearest first, framed blue where they are of its class: ${told.join(", ")}.`,
  };
}

async function asked(
  { classes, splits }: Set,
  index: number,
  label: number,
  prediction: number,
): Promise<Panel> {
  const { picture } = await splits.test.load(index);
  const title =
    label === prediction
      ? `${classes[label]!}, taken for one`
      : `${classes[label]!}, taken for ${classes[prediction]!}`;
  const panel = await photograph(picture, sizeWithin(picture, large), title);
  return { ...panel, frame: label === prediction ? right : wrong };
}

function verdict({ classes }: Set, label: number, prediction: number): string {
  return `A picture of the class ${classes[label]!}, taken for ${label === prediction ? "that" : classes[prediction]!}.`;
}
