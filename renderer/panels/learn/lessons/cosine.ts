/** Lesson 2: cosine maps, and what similarity means. */
import { gridOf, isGramShown } from "../../../store/selectors.ts";
import type { Look } from "../../../store/look.ts";
import { frac, length, lit, mi, mn, mo, row, sub, sup } from "../formula.ts";
import type { Lesson } from "../lesson.ts";

function holdMiddle(state: Look, reach: number): void {
  const grid = gridOf(state) ?? { rows: 3, cols: 3 };
  const [row, col] = [grid.rows >> 1, grid.cols >> 1];
  state.holdBox(
    { row: Math.max(0, row - reach), col: Math.max(0, col - reach) },
    { row: Math.min(grid.rows - 1, row + reach), col: Math.min(grid.cols - 1, col + reach) },
  );
}

const q = mi("q");
const xi = sub(mi("x"), mi("i"));

export const lesson: Lesson = {
  cards: [
    {
      title: "How alike are two patches",
      page: "look",
      text: [
        "Two tokens are alike when they point the same way. The [cosine similarity] measures that, and leaves out how long they are.",
        "The [query patch] is compared with every other patch. Each patch is painted by the answer.",
      ],
      formula: {
        words: "The cosine of q and x i is their dot product over the product of their norms",
        parts: [
          lit("bar", "The cosine: its value is read off the colour bar", mi("cos")),
          mo("("),
          lit("query", "q: the token of the query patch, under the cross", q),
          mo(","),
          lit("map", "x: the token of every patch in turn, on the map", xi),
          mo(")"),
          mo("="),
          frac(row(q, mo("·"), xi), row(length(q), length(xi))),
        ],
      },
      task: "Hold one patch while the probe is Cosine.",
      show: {
        label: "Ask from the middle",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch", layer: "last", norm: true });
          holdMiddle(state, 0);
        },
      },
      isDone: ({ view }) =>
        view.probe === "cosine" && view.asks === "patch" && view.patch.length === 1,
    },
    {
      title: "Mind the colour bar",
      page: "look",
      text: [
        "At first the colours go from the lowest to the highest value of this map. That shows small differences, and makes them look large.",
        "From −1 to 1 the colours mean the same in every map. Often all patches turn out to be rather alike.",
      ],
      task: "Set the colour range to −1 to 1.",
      show: {
        label: "Show −1 to 1",
        act: ({ setView }) => setView({ probe: "cosine", range: "full" }),
      },
      isDone: ({ view }) => view.probe === "cosine" && view.range === "full",
    },
    {
      title: "The best matches",
      page: "look",
      text: [
        "Numbered frames mark the patches that are most like the query. Neighbours are passed over, for they are nearly always alike.",
        "Good [dense features] find the same kind of thing elsewhere: another leaf, the other eye. Poor ones find the same colour.",
      ],
      formula: {
        words: "The best match is the patch with the greatest cosine to q",
        parts: [
          lit("matches", "The best matches, by rank", sup(mi("i"), mo("∗"))),
          mo("="),
          mi("arg max"),
          mo("cos"),
          mo("("),
          lit("query", "The query patch", q),
          mo(","),
          xi,
          mo(")"),
        ],
      },
      task: "Mark another number of matches than 5.",
      show: {
        label: "Mark ten matches",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch", matches: 10, range: "fit" });
          if (state.view.patch.length === 0) holdMiddle(state, 0);
        },
      },
      isDone: ({ view }) => view.probe === "cosine" && view.matches !== 5,
    },
    {
      title: "Ask with more than one patch",
      page: "look",
      text: [
        "One patch may be an odd one. The mean over several is steadier.",
        "Hold Shift and drag a box over a thing on the photograph. The map shows what is like the whole of it.",
      ],
      task: "Hold four patches or more.",
      show: {
        label: "Draw a box",
        act: (state) => {
          state.setView({ probe: "cosine", asks: "patch" });
          holdMiddle(state, 1);
        },
      },
      isDone: ({ view }) => view.patch.length >= 4,
    },
    {
      title: "Learnt, or only coloured",
      page: "look",
      text: [
        "Similarity means what the network makes of it. A network with random weights has learnt nothing: it finds like colours.",
        "Put one beside the model you look at, and ask both the same question. What differs is what was learnt.",
      ],
      task: "Open a pane with another model.",
      show: {
        label: "Add the untrained model",
        act: ({ info, panes, addPane, setView }) => {
          setView({ probe: "cosine", asks: "patch", range: "fit" });
          const random = info?.models.find(({ trained }) => !trained);
          if (random && !panes.some(({ model }) => model !== undefined)) {
            addPane({ model: random.path });
          }
        },
      },
      isDone: ({ panes }) => panes.some(({ model }) => model !== undefined),
    },
    {
      title: "Every patch against every patch",
      page: "look",
      text: [
        "Ask the question from each patch in turn and write the answers under each other. That is the [Gram matrix]: one row for each patch.",
        "A line marks the row of the query patch. Dark and bright blocks are groups of patches that belong together.",
      ],
      formula: {
        words: "G i j is the dot product of the normed tokens i and j",
        parts: [
          lit("gram", "G: every patch against every patch", sub(mi("G"), row(mi("i"), mi("j")))),
          mo("="),
          lit(
            "gram-row",
            "Row i: the query patch, the same numbers as its cosine map",
            sub({ tag: "mi", text: "x̂" }, mi("i")),
          ),
          mo("·"),
          lit("map", "Column j: every patch in turn", sub({ tag: "mi", text: "x̂" }, mi("j"))),
          mo(","),
          length(mi("x̂")),
          mo("="),
          mn("1"),
        ],
      },
      task: "Open the Gram matrix beside the photograph.",
      show: {
        label: "Open the Gram matrix",
        act: (state) => {
          state.closePanes();
          state.setView({ probe: "cosine", asks: "patch" });
          state.setLayout({ gram: true });
          holdMiddle(state, 0);
        },
      },
      isDone: (state) => isGramShown(state),
    },
  ],
};
