/** Settings of a recipe that say what a run leaves behind: checkpoints and watched images. */
import { integer, list, number, text } from "./field.ts";

const local = "local choice";

export const fileFields = {
  checkpointEvery: integer({
    group: "files",
    default: 200,
    range: [1, 100_000_000],
    unit: "steps",
    source: "dinov3.md C.7 (1000 in the 7B), shortened",
    help: "A checkpoint is written after this many steps.",
  }),
  checkpointMinutes: number({
    group: "files",
    default: 15,
    range: [0, 100_000],
    unit: "minutes",
    source: local,
    help: "And after this much time. 0: by steps alone.",
  }),
  keepLast: integer({
    group: "files",
    default: 3,
    range: [1, 100_000],
    unit: "checkpoints",
    source: "dinov3.md C.7 (max_to_keep 3)",
    help: "Older checkpoints are removed.",
  }),
  keepEvery: integer({
    group: "files",
    default: 0,
    range: [0, 100_000_000],
    unit: "steps",
    source: "dinov3.md H.2 (keep_every)",
    help: "Checkpoints at multiples of this are kept for ever. 0: none.",
  }),
  watch: list(
    text({ group: "files", default: "image", source: "issue 4", help: "Path of an image." }),
    {
      group: "files",
      range: [0, 64],
      source: "issue 4",
      help: "Images whose maps follow the training.",
    },
  ),
  watchEvery: integer({
    group: "files",
    default: 50,
    range: [1, 100_000_000],
    unit: "steps",
    source: local,
    help: "Features of the watched images are kept after this many steps.",
  }),
  watchSize: integer({
    group: "files",
    default: 256,
    range: [16, 2048],
    unit: "pixels",
    source: local,
    help: "Short side of the watched images.",
  }),
};
