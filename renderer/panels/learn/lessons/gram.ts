/** Lesson 5: Gram anchoring, with a run whose maps fade and heal as the weight is dragged. */
import { gramWeightOf } from "../../../store/run-weight.ts";
import { isGramShown } from "../../../store/selectors.ts";
import type { Look } from "../../../store/look.ts";
import { lit, mi, mn, mo, row, sub, sup } from "../formula.ts";
import { checkpointPath } from "../in-the-box.ts";
import type { Act, Lesson } from "../lesson.ts";

/**
 * A run that spoils its maps and can be healed: student and Gram teacher begin as the same weights, and
 * fresh heads at a rate ten times too high pull the student away. 10 steps a second on two cores. The
 * EMA teacher, whose maps are watched, follows within ten steps.
 */
const short = {
  kind: "refine",
  gramSize: 0,
  gramUpdateEvery: 0,
  gramWeight: 0.01,
  batchSize: 4,
  steps: 2000,
  globalSize: 96,
  localSize: 48,
  localCrops: 2,
  headWarmupSteps: 0,
  warmupSteps: 5,
  schedule: "constant",
  momentum: 0.9,
  endMomentum: 0.9,
  dinoPrototypes: 64,
  dinoHidden: 128,
  ibotPrototypes: 64,
  ibotHidden: 128,
  learningRate: 0.005,
  watchEvery: 10,
  watchSize: 224,
  checkpointEvery: 500,
} as const;

/** From here on the maps are visibly another. */
const faded = 60;

const isWritten = (state: Look): boolean => {
  const { recipe } = state;
  const late = checkpointPath(state, "long");
  return late !== undefined && recipe["init"] === late && recipe["gramTeacher"] === late;
};

const writeRecipe: Act = (state, now) => {
  state.choosePreset("laptop-refine");
  const late = checkpointPath(state, "long");
  state.setRecipe({ ...now().recipe, ...short, init: late, gramTeacher: late });
};

/** Weights of the Gram loss that the engine's run has gone by, step by step. */
const weights = ({ runs, status, watch }: Look): readonly number[] => {
  const own = runs.find(({ record }) => record.folder === status?.folder);
  return own?.curves.get(watch.student)?.columns["gram_loss_weight"] ?? [];
};

const heavy = 3;
const isHealed = (state: Look) => weights(state).filter((weight) => weight >= heavy).length >= 20;

/** A run of this lesson that takes the weight; begun where none goes on. */
const weigh =
  (weight: number): Act =>
  async (state, now) => {
    if (!gramWeightOf(state).isLive) {
      await writeRecipe(state, now);
      await now().startRun({ isPaused: false });
    } else if (state.status?.state === "paused") await state.control("play");
    if (gramWeightOf(now()).weight !== weight) now().setGramWeight(weight);
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
        "The Gram teacher is an earlier state of the teacher of the same run, from before its maps faded. Here student and Gram teacher begin as the same weights, those of the late checkpoint in the box.",
        "What takes a large model hundreds of thousands of steps is made quick here: fresh [head]s and a learning rate ten times too high. Such a [refinement] spoils its own maps within a hundred steps, about ten seconds on two cores.",
      ],
      task: "Write the recipe.",
      show: { label: "Write the recipe", act: writeRecipe },
      isDone: isWritten,
    },
    {
      title: "Let it fade",
      page: "train",
      text: [
        "Start the run. Its Gram loss hardly counts yet: the weight is 0.01. Every ten steps the watched photograph is looked at again, in the colours of step 0.",
        "The colours run into each other, and the Gram term among the figures grows.",
      ],
      formula: {
        words: "The watched photograph at step t",
        parts: [
          lit("watch", "The watched photograph, by step", sub(mi("G"), mi("t"))),
          mo("→"),
          mo("?"),
        ],
      },
      task: `Take the run past step ${faded}.`,
      show: { label: "Start the run", act: weigh(short.gramWeight) },
      isSlow: true,
      isDone: (state) => state.status?.gramWeight !== undefined && state.status.step > faded,
    },
    {
      title: "Drag the weight",
      page: "train",
      text: [
        "The loss is a sum. The weight says how much the Gram term counts beside the others. Drag it to 10 while the run goes on: the map heals within some thirty steps.",
        "When this was written the Gram matrix of a watched cat was 0.18 from its first state after 100 steps with 0.01, and 0.013 after 60 more with 10 (mean squared difference).",
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
      hasGramWeight: true,
      task: `Train 20 steps with a weight of ${heavy} or more.`,
      show: { label: "Set it to 10", act: weigh(10) },
      isSlow: true,
      isDone: isHealed,
    },
    {
      title: "And let go again",
      page: "train",
      text: [
        "Drag it down and the map fades again; up, and it comes back. Each time stands in the curves as a line: the run's log keeps when its weight was set.",
        "The anchor does not hold the tokens, only their relations, so what it is pulled back to is a table and not a place. A heavy one leaves less room to learn. The paper used 2, from its millionth step on. Stop the run when you have seen enough.",
      ],
      hasGramWeight: true,
      task: "After that, train with a weight below 1.",
      show: { label: "Set it to 0.01", act: weigh(short.gramWeight) },
      isSlow: true,
      isDone: (state) => isHealed(state) && (weights(state).at(-1) ?? heavy) < 1,
    },
  ],
};
