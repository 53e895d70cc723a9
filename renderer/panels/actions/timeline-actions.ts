/** Actions of the timeline on the Look page; their keys work while its slider has the focus. */
import type { Look } from "../../store/look.ts";
import type { Action } from "./action.ts";
import { stepLayer } from "./look-actions.ts";

const hasRun = ({ timeline }: Look) => (timeline?.checkpoints.length ?? 0) > 0;

const onTime = (
  id: string,
  title: string,
  keys: readonly string[],
  run: Action["run"],
  more: Partial<Pick<Action, "words" | "isByKeyOnly" | "isAvailable">> = {},
): Action => ({
  id,
  title,
  group: "Timeline",
  scope: "timeline",
  keys,
  run,
  isAvailable: hasRun,
  ...more,
});

export const timelineActions: readonly Action[] = [
  onTime("play", "Play or pause the timeline", ["Space"], ({ timeline, play, pause }) =>
    timeline?.isPlaying ? pause() : play(),
  ),
  onTime("step-on", "Next checkpoint", ["ArrowRight"], ({ goBy }, at) => goBy(1, at)),
  onTime("step-back", "Previous checkpoint", ["ArrowLeft"], ({ goBy }, at) => goBy(-1, at)),
  onTime("ten-on", "Ten checkpoints on", ["Shift+ArrowRight", "PageUp"], ({ goBy }, at) =>
    goBy(10, at),
  ),
  onTime("ten-back", "Ten checkpoints back", ["Shift+ArrowLeft", "PageDown"], ({ goBy }, at) =>
    goBy(-10, at),
  ),
  onTime("first-step", "First checkpoint", ["Home"], ({ goToEnd }, at) => goToEnd("first", at)),
  onTime("last-step", "Last checkpoint", ["End"], ({ goToEnd }, at) => goToEnd("last", at)),
  onTime("timeline-layer-up", "Next layer, on the timeline", ["ArrowUp"], (s) => stepLayer(s, 1), {
    isByKeyOnly: true,
  }),
  onTime(
    "timeline-layer-down",
    "Previous layer, on the timeline",
    ["ArrowDown"],
    (state) => stepLayer(state, -1),
    { isByKeyOnly: true },
  ),
  onTime("hold", "Hold the PCA's basis of this checkpoint", [], ({ holdHere }) => holdHere(), {
    isAvailable: (state) => hasRun(state) && state.view.probe === "pca",
  }),
  onTime("close-run", "Close the run", [], ({ closeTimeline }) => closeTimeline(), {
    isAvailable: ({ timeline }) => timeline !== undefined,
  }),
];
