/** Lesson 1: what a patch token is. */
import { gridOf } from "../../../store/selectors.ts";
import type { Look } from "../../../store/look.ts";
import { frac, length, lit, mi, mn, mo, row, sub, sup, under } from "../formula.ts";
import type { Lesson } from "../lesson.ts";

function holdMiddle(state: Look): void {
  const grid = gridOf(state);
  state.hold([grid ? { row: grid.rows >> 1, col: grid.cols >> 1 } : { row: 0, col: 0 }]);
}

export const lesson: Lesson = {
  cards: [
    {
      title: "A photograph in squares",
      page: "look",
      text: [
        "A vision transformer does not read single pixels. It cuts the photograph into squares, the patches, and keeps one list of numbers for each: its [patch token].",
        "Point at the photograph. A frame follows the patch under the pointer. A click holds that patch.",
      ],
      formula: {
        words: "N is the height over p times the width over p",
        parts: [
          lit("grid", "N: the number of patches, one for each cell of the grid", mi("N")),
          mo("="),
          frac(mi("H"), mi("p")),
          mo("·"),
          frac(mi("W"), mi("p")),
        ],
      },
      task: "Hold one patch.",
      show: {
        label: "Hold the middle patch",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch", opacity: 0.4 });
          holdMiddle(state);
        },
      },
      isDone: ({ view }) => view.patch.length === 1,
    },
    {
      title: "A token is a list of numbers",
      page: "look",
      text: [
        "Each token has as many numbers as the model is wide. The width stands under Model on the left, and the page compares whole lists, never single numbers.",
        "The simplest thing to ask of a list is how long it is: its [norm]. The map shows that length for each patch. A patch that stands out is a [norm outlier].",
      ],
      formula: {
        words: "The norm of token i is the square root of the sum of its squared numbers",
        parts: [
          lit(
            "bar",
            "The norm: its value is read off the colour bar",
            length(sub(mi("x"), mi("i"))),
          ),
          mo("="),
          {
            tag: "msqrt",
            children: [
              row(
                under(mo("∑"), mi("k")),
                lit(
                  "grid",
                  "The numbers of the token of one patch",
                  sup(sub(mi("x"), row(mi("i"), mi("k"))), mn("2")),
                ),
              ),
            ],
          },
        ],
      },
      task: "Choose the probe Norm.",
      show: {
        label: "Show the norms",
        act: ({ setView }) => setView({ probe: "norm", opacity: 0.8 }),
      },
      isDone: ({ view }) => view.probe === "norm",
    },
    {
      title: "More pixels, more patches",
      page: "look",
      text: [
        "The size of a patch belongs to the model and does not change. So a larger picture has more patches, and a finer map.",
        "Resolution on the right says how the photograph is resized first. The number of patches stands beside it. Twice the side is four times the patches, and more work.",
      ],
      task: "Choose another resolution.",
      show: {
        label: "Short side 448 px",
        act: ({ setView }) => setView({ probe: "cosine", size: { kind: "short", side: 448 } }),
      },
      isDone: ({ view }) => view.size.kind !== "model",
    },
    {
      title: "From block to block",
      page: "look",
      text: [
        "A token starts as a weighted sum of the colours of its square. In each [block] it looks at the other tokens, by [attention], and takes something from them.",
        "Early blocks know colours and edges near by. Late blocks know more of what belongs together. Drag Layer on the right and watch the map of the held patch.",
      ],
      task: "Look at another layer than the last.",
      show: {
        label: "Show the first block",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch", layer: 0, norm: true });
          if (state.view.patch.length === 0) holdMiddle(state);
        },
      },
      isDone: ({ view }) => view.layer !== "last",
    },
    {
      title: "Tokens without a square",
      page: "look",
      text: [
        "A few tokens belong to no patch. The [CLS token] gathers what the whole picture shows. A [register] is spare room for notes.",
        "The map shows how like each patch is to the CLS token.",
      ],
      task: "Ask with the CLS token: choose it as the query, or the probe CLS.",
      show: {
        label: "Ask with the CLS token",
        act: ({ setView }) => setView({ probe: "cosine", asks: "cls", layer: "last" }),
      },
      isDone: ({ view }) =>
        view.probe === "cls" || (view.probe === "cosine" && view.asks === "cls"),
    },
    {
      title: "Another photograph",
      page: "look",
      text: [
        "Nothing here is bound to one picture. Choose another one on the left, or drop a photograph of yours on the window: it stays on this machine.",
        "The tokens are computed anew, and the questions stay the same.",
      ],
      task: "Look at another photograph than the first.",
      show: {
        label: "Show the next sample",
        act: async ({ photographs, choose, setView }) => {
          const next = photographs[1];
          setView({ probe: "cosine", asks: "patch", size: { kind: "model" } });
          if (next) await choose(next.key);
        },
      },
      isDone: ({ photographs, active }) =>
        active !== undefined && photographs.length > 0 && active !== photographs[0]!.key,
    },
  ],
};
