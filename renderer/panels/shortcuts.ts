/** Keys and what they do. Tooltips name the same keys. */
import { colormapNames } from "../../engine/protocol/colormap.ts";
import { probeNames } from "../../engine/protocol/probes.ts";
import type { Look } from "../store/look.ts";
import { isHovered } from "../store/selectors.ts";
import { fitted, maxScale, zoomStep } from "../store/zoom.ts";
import { toggleTheme } from "./theme.ts";

const walks: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

const onKeys: Readonly<Record<string, (state: Look) => void>> = {
  "[": (state) => stepLayer(state, -1),
  "]": (state) => stepLayer(state, 1),
  n: ({ view, setView }) => setView({ norm: !view.norm }),
  ",": ({ view, setView }) => setView({ opacity: Math.max(0, view.opacity - 0.1) }),
  ".": ({ view, setView }) => setView({ opacity: Math.min(1, view.opacity + 0.1) }),
  "-": (state) => zoomBy(state, 1 / zoomStep),
  "=": (state) => zoomBy(state, zoomStep),
  "+": (state) => zoomBy(state, zoomStep),
  "0": ({ setZoom }) => setZoom(fitted),
  f: ({ openFigure }) => openFigure(true),
  g: ({ layout, setLayout }) => setLayout({ gram: !layout.gram }),
  x: ({ view, setView }) => setView({ space: view.space === "off" ? "pca" : "off" }),
  c: ({ view, setView }) => {
    const next = (colormapNames.indexOf(view.colormap) + 1) % colormapNames.length;
    setView({ colormap: colormapNames[next]! });
  },
  r: (state) => {
    const isFull = state.view.range === "fit" && isHovered(state);
    state.setView({ range: isFull ? "full" : "fit" });
  },
  p: ({ addPane }) => void addPane(),
  s: ({ nextSigns }) => nextSigns(),
  o: ({ nextOrder }) => nextOrder(),
  t: () => void toggleTheme(),
};

/** @returns whether the key was ours */
export function handleKey(event: KeyboardEvent, state: Look): boolean {
  const target = event.target instanceof Element ? event.target : undefined;
  // A dialog has its own use for Escape and letters.
  if (target?.closest("dialog")) return false;
  // Also when what had the focus in it is gone.
  if (target?.ownerDocument.querySelector("dialog:modal")) return false;
  if (event.key === "Escape" && state.term) return false;
  if (state.page !== "look") {
    if (event.key === "Escape" && state.closeLesson()) return true;
    if (state.page === "train") return handleTrainKey(event, state, target);
    return handleMeasureKey(event, target);
  }
  const isText = target?.matches("textarea, input:not([type=range], [type=radio])") ?? false;
  if (event.ctrlKey || event.metaKey) return !event.altKey && !isText && stepInTime(event, state);
  if (event.key === "Escape") return state.cancelNewest() || state.unpin() || state.closeLesson();
  if (target?.matches("select, textarea, input:not([type=range], [type=radio])")) return false;
  const walk = walks[event.key];
  if (event.altKey) {
    if (walk) state.growBox(...walk);
    return walk !== undefined;
  }
  if (walk) {
    // Sliders and radio buttons have their own use for these.
    if (target?.matches("input")) return false;
    const pace = event.shiftKey ? 10 : 1;
    state.walk(walk[0] * pace, walk[1] * pace);
    return true;
  }
  const probe = /^[1-9]$/.test(event.key) ? probeNames[Number(event.key) - 1] : undefined;
  if (probe) {
    state.setView({ probe });
    return true;
  }
  const act = onKeys[event.key.toLowerCase()];
  act?.(state);
  return act !== undefined;
}

/** Space plays and pauses the run, S takes one step. */
function handleTrainKey(event: KeyboardEvent, state: Look, target: Element | undefined): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const key = event.key.toLowerCase();
  const isTyping = target?.matches("select, textarea, input:not([type=radio], [type=checkbox])");
  // Space presses what has the focus; letters do nothing to a button.
  const isPressing = key === " " && target?.matches("button, summary, input, [role=slider]");
  if (isTyping || isPressing) return false;
  if (key === "t") {
    toggleTheme();
    return true;
  }
  const going = state.status?.state;
  if (going !== "playing" && going !== "paused") return false;
  if (key === " ") void state.control(going === "paused" ? "play" : "pause");
  else if (key === "s") void state.control("step");
  else return false;
  return true;
}

/** Lists, charts and pictures have keys of their own there. */
function handleMeasureKey(event: KeyboardEvent, target: Element | undefined): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== "t")
    return false;
  if (target?.matches("select, textarea, input:not([type=radio], [type=range])")) return false;
  toggleTheme();
  return true;
}

/** Undo and redo, as the platforms write them. A text field has its own. */
function stepInTime(event: KeyboardEvent, { undo, redo }: Look): boolean {
  const key = event.key.toLowerCase();
  if (key === "z") (event.shiftKey ? redo : undo)();
  else if (key === "y") redo();
  return key === "z" || key === "y";
}

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
