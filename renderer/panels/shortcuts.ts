/** Keys and what they do. Tooltips name the same keys. */
import { colormapNames } from "../../engine/protocol/colormap.ts";
import { probeNames } from "../../engine/protocol/probes.ts";
import type { Look } from "../store/store.ts";
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
  "-": ({ view, setView }) => setView({ opacity: Math.max(0, view.opacity - 0.1) }),
  "=": ({ view, setView }) => setView({ opacity: Math.min(1, view.opacity + 0.1) }),
  c: ({ view, setView }) => {
    const next = (colormapNames.indexOf(view.colormap) + 1) % colormapNames.length;
    setView({ colormap: colormapNames[next]! });
  },
  r: ({ view, setView }) => setView({ range: view.range === "fit" ? "full" : "fit" }),
  s: ({ nextSigns }) => nextSigns(),
  o: ({ nextOrder }) => nextOrder(),
  t: () => void toggleTheme(),
};

/** @returns whether the key was ours */
export function handleKey(event: KeyboardEvent, state: Look): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof Element ? event.target : undefined;
  if (event.key === "Escape") return state.cancelNewest() || state.unpin();
  if (target?.matches("select, textarea, input:not([type=range], [type=radio])")) return false;
  const walk = walks[event.key];
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

function stepLayer({ model, view, setView }: Look, by: number): void {
  if (!model) return;
  const last = model.depth - 1;
  const now = view.layer === "last" ? last : view.layer;
  const next = Math.min(last, Math.max(0, now + by));
  setView({ layer: next === last ? "last" : next });
}
