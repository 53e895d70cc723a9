/** Lesson 3: self-distillation step by step, with training steps that are taken by hand. */
import type { Look } from "../../../store/look.ts";
import { lit, mi, mn, mo, row, sub, under } from "../formula.ts";
import type { Lesson } from "../lesson.ts";

/** Small enough for a step in a part of a second on two cores. */
const small = {
  model: {
    width: 64,
    depth: 3,
    heads: 2,
    hidden: 128,
    feedForward: "mlp",
    patch: 16,
    registers: 4,
  },
  batchSize: 4,
  steps: 200,
  globalSize: 96,
  localSize: 48,
  localCrops: 4,
  dinoPrototypes: 64,
  dinoHidden: 64,
  ibotPrototypes: 64,
  ibotHidden: 64,
  warmupSteps: 5,
  watchEvery: 10,
  watchSize: 224,
} as const;

const isGoing = ({ status }: Look) => status?.state === "paused" || status?.state === "playing";

const oneStep = async (state: Look) => {
  if (state.status?.state === "playing") await state.control("pause");
  await state.control("step");
};

export const lesson: Lesson = {
  cards: [
    {
      title: "A run, held before its first step",
      page: "train",
      text: [
        "Nobody tells the network what is on the photographs. It teaches itself: a [student] has to guess what a [teacher] says about another part of the same picture.",
        "Start a tiny run on the photographs in the box. It begins paused, so nothing happens until you say so. If a run of yours is going on, take your steps there.",
      ],
      task: "Begin a run.",
      show: {
        label: "Begin a tiny run, paused",
        act: async (state, now) => {
          if (isGoing(state)) return;
          state.choosePreset("laptop-pretrain");
          state.setRecipe({ ...now().recipe, ...small });
          await state.startRun({ isPaused: true });
        },
      },
      isSlow: true,
      isDone: isGoing,
    },
    {
      title: "One step: crops",
      page: "train",
      text: [
        "A step begins with cutting. From each photograph come two large [crops|crop] and several small ones, each mirrored and recoloured at random.",
        "The teacher sees the large ones. The student sees all of them, and in some of the large ones squares are hidden: that is for [iBOT].",
        "The batch on the right shows what was cut in this step.",
      ],
      formula: {
        words: "Global crops for both, local crops and masks for the student",
        parts: [
          lit("global-crops", "Global crops: the teacher and the student see them", mi("G")),
          mo("∪"),
          lit("local-crops", "Local crops: the student alone sees them", mi("L")),
          mo(","),
          lit("masks", "Hidden patches: the student has to guess them", mi("M")),
        ],
      },
      task: "Take a step.",
      show: { label: "Take one step", act: oneStep },
      isSlow: true,
      isDone: ({ status, batch }) => (status?.step ?? 0) >= 1 && batch !== undefined,
    },
    {
      title: "What the teacher answers",
      page: "train",
      text: [
        "A [head] compares the [CLS token] of each crop with K directions, the [prototypes|prototype], and answers with shares of them. Nobody says what a prototype stands for.",
        "[Sinkhorn] sees to it that all prototypes are used about evenly. Without it the teacher could give one answer to everything, and there would be nothing to learn.",
        "The student is moved so that its answer comes nearer. The loss begins near ln K: even shares, which know nothing.",
      ],
      formula: {
        words:
          "The loss is minus the sum over prototypes of the teacher's share times the logarithm of the student's share",
        parts: [
          lit("figures", "The loss, among the figures of the step", mi("L")),
          mo("="),
          mo("−"),
          under(mo("∑"), mi("k")),
          lit("assignments", "The teacher's shares, after Sinkhorn", sub(mi("p"), mi("k"))),
          mi("log"),
          sub(mi("q"), mi("k")),
        ],
      },
      task: "Take a second step and look at the assignments.",
      show: { label: "Take one step", act: oneStep },
      isSlow: true,
      isDone: ({ status, assignments }) => (status?.step ?? 0) >= 2 && assignments !== undefined,
    },
    {
      title: "The teacher follows slowly",
      page: "train",
      text: [
        "No gradient reaches the teacher. After each step it keeps most of itself and takes a little from the student: an average over time, the [EMA].",
        "How much it keeps is the momentum, under Schedules. So the teacher is a calmer student, and good enough to learn from.",
      ],
      formula: {
        words: "The teacher becomes m times the teacher plus one minus m times the student",
        parts: [
          sub(mi("θ"), mi("T")),
          mo("←"),
          lit("figures", "m: the teacher's momentum, under Schedules", mi("m")),
          sub(mi("θ"), mi("T")),
          mo("+"),
          row(mo("("), mn("1"), mo("−"), mi("m"), mo(")")),
          sub(mi("θ"), mi("S")),
        ],
      },
      task: "Take a third step.",
      show: { label: "Take one step", act: oneStep },
      isSlow: true,
      isDone: ({ status }) => (status?.step ?? 0) >= 3,
    },
    {
      title: "Let it run",
      page: "train",
      text: [
        "Play takes step after step. The curves grow, and a watched photograph shows what the teacher makes of it, every ten steps.",
        "A tiny model on a dozen photographs learns little. What you see is the machinery, not good features: those need many more pictures and steps.",
      ],
      formula: {
        words: "The features of the watched photograph by step",
        parts: [
          lit("watch", "The watched photograph, as the teacher sees it", sub(mi("x"), mi("t"))),
          mo(","),
          mi("t"),
          mo("="),
          mn("0, 10, 20, …"),
        ],
      },
      task: "Go past step 20.",
      show: { label: "Play", act: (state) => state.control("play") },
      isSlow: true,
      isDone: ({ status }) => (status?.step ?? 0) > 20,
    },
    {
      title: "Stop, and keep it",
      page: "train",
      text: [
        "Stop ends the run after its step and saves everything. It can be resumed to the same numbers, and its checkpoints opened like any model.",
      ],
      task: "Stop the run.",
      show: { label: "Stop", act: (state) => state.control("stop") },
      isSlow: true,
      isDone: ({ status }) => status?.state === "stopped" || status?.state === "done",
    },
  ],
};
