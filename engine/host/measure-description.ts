/** What can be measured, and on what: probes, scores, layouts of data, classes of scenes. */
import type { z } from "zod";
import { probes, type CataloguedProbe } from "../evaluation/catalog.ts";
import { probeNames, type ProbeName } from "../evaluation/probe-report.ts";
import { layoutTasks } from "../labels/open-labels.ts";
import { classNames } from "../scenes/classes.ts";
import { firstTestIndex } from "../scenes/scene-sets.ts";
import { scoreNames, scores } from "../scores/catalog.ts";
import type { measureRequests } from "./measure-messages.ts";

const numbers: Readonly<Record<ProbeName, string>> = {
  knn: "Part of pictures whose nearest neighbours tell their class (top-1)",
  linear: "Part of pictures whose class a linear layer tells (top-1)",
  segmentation: "mIoU: mean over the classes of the overlap of predicted and true pixels",
  depth: "RMSE in metres, and the errors that depth benchmarks count",
  correspondence: "Recall: part of points found again within a threshold",
  discovery: "CorLoc: part of pictures whose main object's box is found",
  tracking: "J&F: overlap and contour of objects that are followed through a video",
  "few-shot": "IoU of the foreground, learnt from a few labelled pictures",
};

export function describeMeasuring(): z.input<typeof measureRequests.describe.reply> {
  return {
    probes: probeNames.map((name) => {
      const { title, task, preset, presets, scenes }: CataloguedProbe = probes[name];
      const { train, test } = scenes.set;
      return {
        name,
        title,
        task,
        preset,
        presets,
        scenes: { preset: scenes.preset, train, test },
        numbers: numbers[name],
      };
    }),
    scores: scoreNames.map((name) => {
      const { title, formula, unit, isBetter, source } = scores[name];
      return { name, title, formula, unit, isBetter, source };
    }),
    layouts: layoutTasks(),
    classes: classNames,
    firstTestIndex,
  };
}
