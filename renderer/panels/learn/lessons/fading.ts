/** Lesson 4: why dense features fade, and how to look for it; our own run did not. */
import type { Look } from "../../../store/look.ts";
import { checkpointPath } from "../in-the-box.ts";
import type { Lesson } from "../lesson.ts";

const checkpoints = ["early", "middle", "long"] as const;

const pathsOf = (state: Look): string[] =>
  checkpoints.flatMap((name) => checkpointPath(state, name) ?? []);

function addCheckpoints(state: Look): void {
  for (const model of pathsOf(state)) {
    if (!state.panes.some((pane) => pane.model === model)) state.addPane({ model });
  }
}

const areBeside = (state: Look): boolean => {
  const paths = pathsOf(state);
  return paths.length > 0 && paths.every((path) => state.panes.some(({ model }) => model === path));
};

export const lesson: Lesson = {
  cards: [
    {
      title: "Good at what, worse at where",
      page: "look",
      text: [
        "The authors of DINOv3 saw it in large models, of 300 million parameters and more, after some 200,000 steps: the answer for the whole picture went on getting better, while the [dense features] got worse. Their maps became noisy.",
        "The box has three checkpoints of one small run: early, half way and late. Put them beside each other and hold a patch.",
      ],
      task: "Open the three checkpoints in panes.",
      show: {
        label: "Open the three checkpoints",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch" });
          addCheckpoints(state);
        },
      },
      isDone: areBeside,
    },
    {
      title: "A first sign",
      page: "look",
      text: [
        "The image-level loss looks at the [CLS token] alone. Where it rules for long, patches may begin to say what the picture shows, in place of what they show themselves. They become more like the CLS token.",
        "The probe CLS shows that likeness. In our three checkpoints its mean over 64 scenes was 0.31, 0.19 and 0.20.",
      ],
      task: "Choose the probe CLS.",
      show: { label: "Show the likeness to CLS", act: ({ setView }) => setView({ probe: "cls" }) },
      isDone: ({ view }) => view.probe === "cls",
    },
    {
      title: "Measure it",
      page: "measure",
      text: [
        "One map proves little. Compare scores checkpoints on many pictures without labels: how smooth maps are, whether a patch is found again in another view, whether near patches are more alike than far ones ([locality]).",
        "The form can be filled in with the three checkpoints. The comparison takes some minutes; you start it.",
      ],
      task: "Fill in three models to compare.",
      show: {
        label: "Fill in the checkpoints",
        act: (state) => {
          state.setMeasureTab("compare");
          state.setCompareForm({ of: "models", models: pathsOf(state), images: "scenes" });
        },
      },
      isDone: ({ measureTab, compareForm }) =>
        measureTab === "compare" &&
        compareForm.of === "models" &&
        compareForm.models.filter((path) => path !== "").length >= 3,
    },
    {
      title: "What our run shows",
      page: "look",
      text: [
        "No fading was found in it. From early to late, [mIoU] rose from 10 to 18 %, and maps grew smoother, though conditions that should bring the decline on were tried.",
        "The likely reason is size: 1.3 million parameters and 6,300 steps. The image-level loss is far from satisfied there, and what it still learns helps the patches too.",
        "So look at your own long runs. A [PCA] of the checkpoints shows at a glance whether things keep their shapes.",
      ],
      task: "Look at the PCA of the checkpoints.",
      show: {
        label: "Show the PCA",
        act: (state) => {
          addCheckpoints(state);
          state.setView({ probe: "pca" });
        },
      },
      isDone: (state) => state.view.probe === "pca" && areBeside(state),
    },
  ],
};
