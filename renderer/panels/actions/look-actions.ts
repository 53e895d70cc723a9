/** Actions of the Look page: what is shown, of which layer, how, and in how many panes. */
import { colormapNames } from "../../../engine/protocol/colormap.ts";
import { probeNames } from "../../../engine/protocol/probes.ts";
import { pythonSnippet } from "../../../engine/protocol/python-snippet.ts";
import type { Look } from "../../store/look.ts";
import { probeLabels } from "../../store/probe-slice.ts";
import { isGramShown, isHovered, isSpaceShown } from "../../store/selectors.ts";
import { fitted, maxScale, zoomStep } from "../../store/zoom.ts";
import { pythonViewOf } from "../python-view.ts";
import type { Action, ActionGroup } from "./action.ts";

const look = (
  group: ActionGroup,
  id: string,
  title: string,
  keys: readonly string[],
  run: Action["run"],
  more: Partial<Pick<Action, "words" | "isByKeyOnly" | "isAvailable">> = {},
): Action => ({ id, title, group, scope: "look", keys, run, ...more });

const probes = probeNames.map((probe, index) =>
  look(
    "Probe",
    `probe-${probe}`,
    `Show ${probeLabels[probe]}`,
    [String(index + 1)],
    ({ setView }) => setView({ probe }),
    { words: probe },
  ),
);

const layers = [
  look("Layer", "layer-down", "Previous layer", ["["], (state) => stepLayer(state, -1), {
    words: "block",
  }),
  look("Layer", "layer-up", "Next layer", ["]"], (state) => stepLayer(state, 1), {
    words: "block",
  }),
  look("Layer", "norm", "Final norm on or off", ["N"], ({ view, setView }) =>
    setView({ norm: !view.norm }),
  ),
];

const map = [
  look(
    "Map",
    "colours",
    "Next colour map",
    ["C"],
    ({ view, setView }) => {
      const next = (colormapNames.indexOf(view.colormap) + 1) % colormapNames.length;
      setView({ colormap: colormapNames[next]! });
    },
    { words: colormapNames.join(" ") },
  ),
  look("Map", "range", "Colour range: to the values, or -1 to 1", ["R"], (state) => {
    const isFull = state.view.range === "fit" && isHovered(state);
    state.setView({ range: isFull ? "full" : "fit" });
  }),
  look("Map", "fainter", "Less of the map over the photograph", [","], ({ view, setView }) =>
    setView({ opacity: Math.max(0, view.opacity - 0.1) }),
  ),
  look("Map", "stronger", "More of the map over the photograph", ["."], ({ view, setView }) =>
    setView({ opacity: Math.min(1, view.opacity + 0.1) }),
  ),
  look("Map", "signs", "Next signs of the components", ["S"], ({ nextSigns }) => nextSigns(), {
    words: "PCA flip",
  }),
  look("Map", "order", "Next order of the components", ["O"], ({ nextOrder }) => nextOrder(), {
    words: "PCA colours alone grey single",
  }),
  look("Map", "figure", "Save a figure", ["F"], ({ openFigure }) => openFigure(true), {
    words: "PNG SVG PDF WebP clip export picture",
    isAvailable: ({ active }) => active !== undefined,
  }),
  look(
    "Map",
    "session",
    "Save or open a session",
    ["Mod+S"],
    ({ openSessionDialog }) => openSessionDialog(true),
    { words: "view file reopen download upload" },
  ),
  look("Map", "python", "Copy as a Python program", [], copyPython, {
    words: "PyTorch transformers recipe code",
    isAvailable: (state) => globalThis.isSecureContext && pythonViewOf(state) !== undefined,
  }),
];

const ways = [
  ["ArrowUp", "up", -1, 0],
  ["ArrowDown", "down", 1, 0],
  ["ArrowLeft", "left", 0, -1],
  ["ArrowRight", "right", 0, 1],
] as const;

const query = [
  ...ways.map(([key, way, rows, cols]) =>
    look("Query", `walk-${way}`, `Walk the query ${way}`, [key], ({ walk }) => walk(rows, cols), {
      isByKeyOnly: true,
    }),
  ),
  ...ways.map(([key, way, rows, cols]) =>
    look(
      "Query",
      `walk-far-${way}`,
      `Walk the query ${way} by ten patches`,
      [`Shift+${key}`],
      ({ walk }) => walk(10 * rows, 10 * cols),
      { isByKeyOnly: true },
    ),
  ),
  ...ways.map(([key, way, rows, cols]) =>
    look(
      "Query",
      `grow-${way}`,
      `Move the held box's corner ${way}`,
      [`Alt+${key}`],
      ({ growBox }) => growBox(rows, cols),
      { isByKeyOnly: true },
    ),
  ),
  look(
    "Query",
    "add-patches",
    "Add patches to what is held, or no more",
    [],
    ({ isAdding, setAdding }) => setAdding(!isAdding),
    { words: "several set touch finger tap lasso box multiple" },
  ),
  look(
    "Query",
    "cancel",
    "Cancel what is running, or let go of the query",
    ["Escape"],
    (state) => state.cancelNewest() || state.unpin() || state.closeLesson(),
  ),
];

const photograph = [
  look("Photograph", "zoom-in", "Zoom in", ["=", "+"], (state) => zoomBy(state, zoomStep)),
  look("Photograph", "zoom-out", "Zoom out", ["-"], (state) => zoomBy(state, 1 / zoomStep)),
  look("Photograph", "zoom-fit", "Fit the photograph", ["0"], ({ setZoom }) => setZoom(fitted), {
    words: "zoom reset",
  }),
];

const isAlone = (state: Look) =>
  state.panes.length === 0 && !isGramShown(state) && !isSpaceShown(state);

const panes = [
  look("Panes", "pane", "Another pane", ["P"], ({ addPane }) => void addPane(), {
    words: "compare beside add",
  }),
  look("Panes", "grid", "A grid of panes…", [], ({ openDialog }) => openDialog("grid"), {
    words: "rows columns models photographs checkpoints layers",
  }),
  look(
    "Panes",
    "panes-close",
    "Close all panes but the first",
    [],
    ({ closePanes }) => closePanes(),
    {
      isAvailable: (state) => state.panes.length > 0,
    },
  ),
  look(
    "Panes",
    "direction",
    "Panes side by side, or under each other",
    [],
    ({ layout, setLayout }) =>
      setLayout({ direction: layout.direction === "across" ? "down" : "across" }),
    { isAvailable: (state) => !isAlone(state) },
  ),
  look(
    "Panes",
    "swap",
    "Swap the panes",
    [],
    ({ layout, setLayout }) => setLayout({ isSwapped: !layout.isSwapped }),
    {
      isAvailable: (state) => !isAlone(state),
    },
  ),
  look("Panes", "left", "Panel with images and model", [], ({ layout, setLayout }) =>
    setLayout({ left: !layout.left }),
  ),
  look("Panes", "right", "Panel with probe and results", [], ({ layout, setLayout }) =>
    setLayout({ right: !layout.right }),
  ),
  look(
    "Panes",
    "gram",
    "Gram matrix beside the photograph",
    ["G"],
    ({ layout, setLayout }) => setLayout({ gram: !layout.gram }),
    { words: "similarity" },
  ),
  look(
    "Space",
    "space",
    "Patches as points in space",
    ["X"],
    ({ view, setView }) => setView({ space: view.space === "off" ? "pca" : "off" }),
    { words: "3D UMAP PCA" },
  ),
];

export const lookActions: readonly Action[] = [
  ...probes,
  ...layers,
  ...map,
  ...query,
  ...photograph,
  ...panes,
];

/** Around the middle of the pane; each pane keeps its photograph inside. */
function zoomBy({ zoom, setZoom }: Look, factor: number): void {
  const scale = Math.min(maxScale, Math.max(1, zoom.scale * factor));
  setZoom(scale === 1 ? fitted : { ...zoom, scale });
}

/** One block up or down; the ends hold. */
export function stepLayer({ model, view, setView }: Look, by: number): void {
  if (!model) return;
  const last = model.depth - 1;
  const now = view.layer === "last" ? last : view.layer;
  const next = Math.min(last, Math.max(0, now + by));
  setView({ layer: next === last ? "last" : next });
}

async function copyPython(state: Look): Promise<void> {
  const view = pythonViewOf(state);
  if (!view) return;
  try {
    await navigator.clipboard.writeText(pythonSnippet(view));
    state.notify("note", "The Python program is on the clipboard.");
  } catch {
    const hint = "Allow this page the clipboard in the browser's settings, and try again.";
    state.notify("note", "The browser did not let the page copy.", hint);
  }
}
