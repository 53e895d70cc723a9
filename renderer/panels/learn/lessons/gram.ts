/** Lesson 5: Gram anchoring, with a short refinement whose weight is dragged. */
import { isGramShown } from "../../../store/selectors.ts";
import type { Look } from "../../../store/look.ts";
import { lit, mi, mn, mo, row, sub, sup } from "../formula.ts";
import { checkpointPath } from "../in-the-box.ts";
import type { Act, Lesson } from "../lesson.ts";

/**
 * Gram anchoring of the early checkpoint to the late one, on the photographs in the box: 60 steps in
 * half a minute on two cores.
 */
const short = {
  kind: "refine",
  gramSize: 0,
  gramUpdateEvery: 0,
  gramWeight: 1,
  batchSize: 4,
  steps: 60,
  globalSize: 96,
  localSize: 48,
  localCrops: 2,
  headWarmupSteps: 0,
  warmupSteps: 5,
  dinoPrototypes: 64,
  dinoHidden: 128,
  ibotPrototypes: 64,
  ibotHidden: 128,
  learningRate: 0.0005,
  watchEvery: 10,
  watchSize: 224,
  checkpointEvery: 60,
} as const;

const isShort = (state: Look): boolean => {
  const [init, gramTeacher] = [checkpointPath(state, "early"), checkpointPath(state, "long")];
  const { recipe } = state;
  return init !== undefined && recipe["init"] === init && recipe["gramTeacher"] === gramTeacher;
};

const writeRecipe: Act = (state, now) => {
  state.choosePreset("laptop-refine");
  const written = { ...now().recipe, ...short };
  state.setRecipe({
    ...written,
    init: checkpointPath(state, "early"),
    gramTeacher: checkpointPath(state, "long"),
  });
};

export const lesson: Lesson = {
  cards: [
    {
      title: "Hold the relations, not the numbers",
      page: "look",
      text: [
        "The [Gram matrix] says which patches belong together. [Gram anchoring] asks the [student] to keep that table near the one of a [Gram teacher], and leaves all else free: tokens may change, as long as they change together.",
      ],
      formula: {
        words: "The Gram loss is the mean squared difference of the two Gram matrices",
        parts: [
          sub(mi("L"), mi("Gram")),
          mo("="),
          mi("mean"),
          sup(
            row(
              mo("("),
              lit("gram", "The Gram matrix of the model you look at", sub(mi("G"), mi("S"))),
              mo("−"),
              sub(mi("G"), mi("T")),
              mo(")"),
            ),
            mn("2"),
          ),
        ],
      },
      task: "Open the Gram matrix.",
      show: {
        label: "Open the Gram matrix",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch" });
          state.setLayout({ gram: true });
        },
      },
      isDone: isGramShown,
    },
    {
      title: "Who anchors whom",
      page: "train",
      text: [
        "In the paper the Gram teacher is an earlier state of the same run, from before its maps faded. Our small run did not fade, so here it is the other way round: the rough early checkpoint is the student, and the smoother late one the Gram teacher.",
        "The recipe is a short [refinement] of 60 steps on the photographs in the box, about half a minute on two cores.",
      ],
      task: "Write the recipe.",
      show: { label: "Write the recipe", act: writeRecipe },
      isDone: isShort,
    },
    {
      title: "Drag the weight",
      page: "train",
      text: [
        "The loss is a sum. The weight says how much the Gram term counts beside the others, which pull the student their own way.",
        "It belongs to the recipe, so it is set before a run. If a run is going on, stop it first.",
      ],
      formula: {
        words: "The loss is that of the other terms plus w times the Gram loss",
        parts: [
          mi("L"),
          mo("="),
          sub(mi("L"), mi("others")),
          mo("+"),
          lit("weight", "w: the weight, on the slider", mi("w")),
          sub(mi("L"), mi("Gram")),
        ],
      },
      slider: { label: "Gram weight", name: "gramWeight", values: [0.1, 0.3, 1, 3, 10, 30] },
      task: "Choose another weight than 1.",
      show: {
        label: "Set it to 10",
        act: (state, now) => {
          if (!isShort(state)) void writeRecipe(state, now);
          state.setRecipe({ ...now().recipe, gramWeight: 10 });
        },
      },
      isDone: (state) => isShort(state) && state.recipe["gramWeight"] !== 1,
    },
    {
      title: "Run it and watch",
      page: "train",
      text: [
        "Start the run. Every ten steps the watched photograph is looked at again; choose Gram or Cosine there. Its map moves towards the one of the Gram teacher.",
        "The Gram term in the figures says how far it still is. When this lesson was written it fell from 0.099 to 0.012 in 60 steps with weight 10, and to 0.044 with weight 0.1.",
      ],
      formula: {
        words: "The watched photograph at step t",
        parts: [
          lit("watch", "The watched photograph, by step", sub(mi("G"), mi("t"))),
          mo("→"),
          sub(mi("G"), mi("T")),
        ],
      },
      task: "Take the run past step 50.",
      show: {
        label: "Start the run",
        act: async (state) => {
          const going = state.status?.state;
          if (going === "paused") await state.control("play");
          else if (going !== "playing" && isShort(state)) await state.startRun({ isPaused: false });
        },
      },
      isSlow: true,
      isDone: ({ status }) => status?.kind === "refine" && status.step > 50,
    },
    {
      title: "Once more, with another weight",
      page: "train",
      text: [
        "Drag the weight to the other end and run again. Both curves lie in one chart when the first run is opened under Open an earlier run.",
        "A heavy anchor holds the map and leaves less room to learn anything new. The paper used 2, with far longer training.",
      ],
      slider: { label: "Gram weight", name: "gramWeight", values: [0.1, 0.3, 1, 3, 10, 30] },
      task: "Set a weight below 1.",
      show: {
        label: "Set it to 0.1",
        act: (state, now) => {
          if (!isShort(state)) void writeRecipe(state, now);
          state.setRecipe({ ...now().recipe, gramWeight: 0.1 });
        },
      },
      isDone: (state) => isShort(state) && (state.recipe["gramWeight"] as number) < 1,
    },
  ],
};
