/** Actions of the pages where work takes minutes: Train, Measure and Export. */
import type { Page } from "../../store/layout-state.ts";
import type { Look } from "../../store/look.ts";
import { measureTabs } from "../../store/measure-state.ts";
import { isGoing } from "../train/run-words.ts";
import type { Action } from "./action.ts";

const isSteered = ({ status }: Look) => status?.state === "playing" || status?.state === "paused";

const titles = { compare: "Compare checkpoints", probes: "Probes with labels", scenes: "Scenes" };

export const workActions: readonly Action[] = [
  {
    id: "train-start",
    title: "Start the run of this recipe",
    group: "Training",
    scope: "train",
    keys: [],
    isAvailable: ({ status, recipeError, isBeginning }) =>
      !isGoing(status) && recipeError === undefined && !isBeginning,
    run: ({ startRun }) => void startRun({ isPaused: false }),
  },
  {
    id: "train-play",
    title: "Play or pause the training",
    group: "Training",
    scope: "train",
    keys: ["Space"],
    isAvailable: isSteered,
    run: ({ status, control }) => void control(status?.state === "paused" ? "play" : "pause"),
  },
  {
    id: "train-step",
    title: "Take one step of training",
    group: "Training",
    scope: "train",
    keys: ["S"],
    isAvailable: isSteered,
    run: ({ control }) => void control("step"),
  },
  {
    id: "train-stop",
    title: "Stop the training and save it",
    group: "Training",
    scope: "train",
    keys: [],
    isAvailable: isSteered,
    run: ({ control }) => void control("stop"),
  },
  {
    id: "train-look",
    title: "Look at the run's newest checkpoint",
    group: "Training",
    scope: "train",
    keys: [],
    isAvailable: ({ status }) => status !== undefined,
    run: ({ lookAtRun }) => void lookAtRun(),
  },
  ...measureTabs.map((tab): Action => ({
    id: `measure-${tab}`,
    title: `Measure: ${titles[tab]}`,
    group: "Measuring",
    scope: "everywhere",
    keys: [],
    run: ({ setPage, setMeasureTab }) => {
      setPage("measure");
      setMeasureTab(tab);
    },
  })),
  ...(["measure", "export"] satisfies Page[]).map((page): Action => ({
    id: `cancel-job-${page}`,
    title: page === "measure" ? "Cancel the measurement" : "Cancel the export",
    group: "Measuring",
    scope: page,
    keys: [],
    isAvailable: ({ job }) => job !== undefined,
    run: ({ cancelJob }) => cancelJob(),
  })),
];
