/** Lesson 6: a small student of a large teacher, and a file with proof. */
import type { Look } from "../../../store/look.ts";
import { lit, mi, mo, row, sub } from "../formula.ts";
import { boxPath } from "../in-the-box.ts";
import type { Lesson } from "../lesson.ts";

const teacher = (state: Look) => boxPath(state, "models/scene-vit");
const student = (state: Look) => boxPath(state, "models/scene-vit-small");

export const lesson: Lesson = {
  cards: [
    {
      title: "A large one and a small one",
      page: "look",
      text: [
        "A large network is slow where it is used. In [distillation] a small [student] learns to give the features of a large fixed [teacher].",
        "The box has such a pair. The student has 0.5 million parameters and the teacher 1.3. It saw 5,600 views only, and its maps show that.",
      ],
      task: "Open the small model in a pane.",
      show: {
        label: "Open the student beside",
        act: (state) => {
          const model = student(state);
          state.setView({ probe: "cosine", asks: "patch" });
          if (model && !state.panes.some((pane) => pane.model === model)) state.addPane({ model });
        },
      },
      isDone: (state) =>
        state.panes.some(({ model }) => model !== undefined && model === student(state)),
    },
    {
      title: "A recipe for it",
      page: "train",
      text: [
        "A run of kind distill has a teacher that does not move. Public models come without [heads|head], so the student matches the features themselves.",
        "The recipe is yours to change and to start: its length decides how good the student gets.",
      ],
      task: "Write a recipe of kind distill.",
      show: {
        label: "Write the recipe",
        act: (state, now) => {
          state.choosePreset("laptop-distill");
          state.setRecipe({ ...now().recipe, kind: "distill", teacher: teacher(state) });
        },
      },
      isDone: ({ recipe }) => recipe["kind"] === "distill",
    },
    {
      title: "What to write",
      page: "export",
      text: [
        "Other programs read [ONNX] or safetensors. [Quantisation|quantisation] makes the file smaller and the answers a little different.",
        "Choose the student, in full precision and in int8.",
      ],
      task: "Choose the student, as ONNX in two precisions.",
      show: {
        label: "Fill in the form",
        act: (state) =>
          state.setExportForm({
            model: student(state) ?? "",
            format: "onnx",
            onnx: ["fp32", "int8"],
            isProved: true,
          }),
      },
      isDone: (state) =>
        state.exportForm.format === "onnx" &&
        state.exportForm.onnx.length >= 2 &&
        state.exportForm.model !== "" &&
        state.exportForm.model === student(state),
    },
    {
      title: "Write it, with proof",
      page: "export",
      text: [
        "The export is written beside, opened again as others would open it, and compared with the original on photographs. That is its [parity]. What fails carries that in its name.",
      ],
      formula: {
        words: "The cosine of the original's token with the export's",
        parts: [
          lit(
            "proof",
            "How near the export's tokens are to the original's, on the card",
            mi("cos"),
            row(mo("("), sub(mi("x"), mi("i")), mo(","), sub(mi("x′"), mi("i")), mo(")")),
          ),
          mo("≈"),
          mi("1"),
        ],
      },
      task: "Export, and read the proof.",
      show: { label: "Export", act: (state) => state.startExport() },
      isSlow: true,
      isDone: ({ exported }) => exported !== undefined,
    },
  ],
};
