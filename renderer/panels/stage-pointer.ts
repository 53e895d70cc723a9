/**
 * What a pointer does on a photograph: hover, click to hold a patch, Shift+drag for a box (a finger
 * rests first, and then drags), Ctrl+click for single patches (with Ctrl, or the switch for it, boxes add too), and zoom and pan by wheel, drag, space,
 * middle button and pinch.
 */
import { patchAt, type PatchPosition } from "../../engine/protocol/geometry.ts";
import type { LookStore } from "../store/look.ts";
import { boxOf, formatPatches, isSamePatch, united, type PatchSet } from "../store/patch-set.ts";
import { isLinked, isSamePhotograph, seenIn } from "../store/seen.ts";
import { geometryOf, heldOn } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { isAddingBy } from "./adding-patches.ts";
import { fitted, isFitted, panBy, zoomAt, type Offset, type ZoomFrame } from "../store/zoom.ts";

export interface StageElements {
  /** The whole pane, in which gestures begin. */
  readonly view: HTMLElement;
  /** The photograph, however it is scaled. */
  readonly photo: HTMLElement;
  readonly frame: () => ZoomFrame | undefined;
}

/** A pointer that moves less than this while it is down has clicked. */
const clickPx = 4;
/** A finger or a pen that rests for so long draws a box from there; nobody holds it quite still. */
const restMs = 450;
const restPx = 9;

type Gesture =
  | { readonly kind: "none" }
  /** Down, and not yet moved far enough to be a pan. */
  | { readonly kind: "press"; readonly from: Offset; readonly pointer: number }
  | { readonly kind: "pan"; readonly pointer: number; last: Offset }
  | {
      readonly kind: "box";
      readonly pointer: number;
      readonly corner: PatchPosition;
      to: PatchPosition;
      /** What the box is added to. */
      readonly before: PatchSet;
    }
  | { readonly kind: "pinch"; apart: number; middle: Offset };

/** @returns stops listening */
export function listenToStage(store: LookStore, elements: StageElements, pane: Pane): () => void {
  const { view, photo, frame } = elements;
  const abort = new AbortController();
  const { signal } = abort;
  const touches = new Map<number, Offset>();
  let gesture: Gesture = { kind: "none" };
  let resting: { readonly from: Offset; readonly timer: ReturnType<typeof setTimeout> } | undefined;
  let hasDrawnBox = false;
  let last: PatchPosition | undefined;
  let isSpaceHeld = false;
  let heldBefore: PatchSet = [];

  const patchUnder = ({ clientX, clientY }: MouseEvent, isHeldInside = false) => {
    const geometry = geometryOf(store.getState(), pane);
    if (!geometry) return undefined;
    const box = photo.getBoundingClientRect();
    const { width, height } = geometry.image;
    let x = ((clientX - box.left) / box.width) * width;
    let y = ((clientY - box.top) / box.height) * height;
    if (isHeldInside) {
      const { region } = geometry;
      x = Math.min(region.x + region.width - 1e-3, Math.max(region.x, x));
      y = Math.min(region.y + region.height - 1e-3, Math.max(region.y, y));
    }
    return patchAt(geometry, { x, y });
  };

  /** Over another photograph than the query's, a patch cannot be asked about. */
  const isAsking = () =>
    isSamePhotograph(store.getState(), pane) || !isLinked(store.getState(), pane, "query");

  const fromMiddle = ({ clientX, clientY }: MouseEvent): Offset => {
    const box = view.getBoundingClientRect();
    return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
  };

  const zoomBy = (at: Offset, factor: number) => {
    const within = frame();
    const { zoom, setZoom } = seenIn(store.getState(), pane);
    if (within) setZoom(zoomAt(zoom, within, at, factor), pane);
  };

  const panFrom = (from: Offset, to: Offset) => {
    const within = frame();
    const { zoom, setZoom } = seenIn(store.getState(), pane);
    if (within) setZoom(panBy(zoom, within, { x: to.x - from.x, y: to.y - from.y }), pane);
  };

  const begin = (next: Gesture) => {
    gesture = next;
    if (next.kind !== "press") stopResting();
    view.classList.toggle("panning", next.kind === "pan");
    if (next.kind === "pan" || next.kind === "box") view.setPointerCapture(next.pointer);
  };

  const stopResting = () => {
    clearTimeout(resting?.timer);
    resting = undefined;
  };

  const beginBox = (corner: PatchPosition, event: PointerEvent) => {
    const isAdding = isAddingBy(event, store.getState());
    const before = isAdding ? heldOn(store.getState(), pane) : [];
    begin({ kind: "box", pointer: event.pointerId, corner, to: corner, before });
    hasDrawnBox = true;
    store.getState().hold(united(before, [corner]), pane);
  };

  const down = (event: PointerEvent) => {
    const at = fromMiddle(event);
    const pointer = event.pointerId;
    hasDrawnBox = false;
    if (event.pointerType === "touch") {
      touches.set(pointer, at);
      if (touches.size === 2) {
        begin({ kind: "pinch", ...pinchOf(touches) });
        return;
      }
    }
    const isMiddle = event.button === 1;
    if (isMiddle || (event.button === 0 && isSpaceHeld)) {
      event.preventDefault();
      begin({ kind: "pan", pointer, last: at });
      return;
    }
    if (event.button !== 0) return;
    const corner = isAsking() ? patchUnder(event) : undefined;
    if (corner && event.shiftKey) {
      beginBox(corner, event);
      return;
    }
    if (corner && event.pointerType !== "mouse") {
      stopResting();
      resting = { from: at, timer: setTimeout(() => beginBox(corner, event), restMs) };
    }
    if (!isFitted(seenIn(store.getState(), pane).zoom)) {
      begin({ kind: "press", from: at, pointer });
    }
  };

  const dragged = (event: PointerEvent) => {
    const at = fromMiddle(event);
    if (touches.has(event.pointerId)) touches.set(event.pointerId, at);
    if (resting && Math.hypot(at.x - resting.from.x, at.y - resting.from.y) > restPx) stopResting();
    switch (gesture.kind) {
      case "none":
        break;
      case "press": {
        const { from, pointer } = gesture;
        if (pointer !== event.pointerId) break;
        if (Math.hypot(at.x - from.x, at.y - from.y) < clickPx) break;
        begin({ kind: "pan", pointer, last: from });
        panFrom(from, at);
        gesture = { kind: "pan", pointer, last: at };
        break;
      }
      case "pan":
        if (gesture.pointer !== event.pointerId) break;
        panFrom(gesture.last, at);
        gesture.last = at;
        break;
      case "box": {
        if (gesture.pointer !== event.pointerId) break;
        const corner = patchUnder(event, true);
        if (corner && !isSamePatch(corner, gesture.to)) {
          gesture.to = corner;
          store.getState().hold(united(gesture.before, boxOf(gesture.corner, corner)), pane);
        }
        break;
      }
      case "pinch": {
        if (touches.size !== 2) break;
        const { apart, middle } = pinchOf(touches);
        panFrom(gesture.middle, middle);
        if (gesture.apart > 0) zoomBy(middle, apart / gesture.apart);
        gesture.apart = apart;
        gesture.middle = middle;
        break;
      }
    }
  };

  const up = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    begin({ kind: "none" });
  };

  const move = (event: Event) => {
    if (gesture.kind !== "none" && gesture.kind !== "press") return;
    const patch = patchUnder(event as PointerEvent);
    if (isSamePatch(patch, last)) return;
    last = patch;
    store.getState().hover(patch && { pane, patch }, event.timeStamp);
  };

  const leave = (event: Event) => {
    last = undefined;
    store.getState().hover(undefined, event.timeStamp);
  };

  const click = (event: MouseEvent) => {
    const patch = patchUnder(event);
    if (!patch || !isAsking() || hasDrawnBox || event.shiftKey || isSpaceHeld) return;
    const { togglePin, togglePatch } = store.getState();
    if (event.detail <= 1) heldBefore = heldOn(store.getState(), pane);
    if (isAddingBy(event, store.getState())) togglePatch(patch, pane);
    else togglePin(patch, pane);
  };

  const fitAgain = () => {
    const { hold, setZoom } = store.getState();
    // Both clicks of a double click have held and let go; what was held before comes back.
    if (isAsking() && formatPatches(heldOn(store.getState(), pane)) !== formatPatches(heldBefore)) {
      hold(heldBefore, pane);
    }
    setZoom(fitted, pane);
  };

  /** What a browser offers where a finger rests would lie over the box. */
  const menu = (event: Event) => {
    if (touches.size > 0) event.preventDefault();
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
    // A pinch on a trackpad arrives as a wheel with Ctrl, in finer steps.
    zoomBy(fromMiddle(event), Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0015)));
  };

  const key = (event: KeyboardEvent) => {
    if (event.key !== " ") return;
    const target = event.target instanceof Element ? event.target : undefined;
    if (target?.closest("button, input, select, textarea, summary, a")) return;
    event.preventDefault();
    isSpaceHeld = event.type === "keydown";
    view.classList.toggle("grab", isSpaceHeld);
  };

  // Raw updates are not held back until the next frame, where a browser has them.
  photo.addEventListener("pointerrawupdate", move, { signal });
  photo.addEventListener("pointermove", move, { signal });
  photo.addEventListener("pointerdown", move, { signal });
  photo.addEventListener("pointerleave", leave, { signal });
  photo.addEventListener("click", click, { signal });
  view.addEventListener("pointerdown", down, { signal });
  view.addEventListener("pointermove", dragged, { signal });
  view.addEventListener("pointerup", up, { signal });
  view.addEventListener("pointercancel", up, { signal });
  view.addEventListener("dblclick", fitAgain, { signal });
  view.addEventListener("contextmenu", menu, { signal });
  view.addEventListener("wheel", wheel, { signal, passive: false });
  window.addEventListener("keydown", key, { signal });
  window.addEventListener("keyup", key, { signal });
  return () => {
    stopResting();
    abort.abort();
  };
}

/** Two fingers: how far apart, and the middle between them. */
function pinchOf(touches: ReadonlyMap<number, Offset>): { apart: number; middle: Offset } {
  const [a, b] = [...touches.values()];
  if (!a || !b) return { apart: 0, middle: { x: 0, y: 0 } };
  return {
    apart: Math.hypot(a.x - b.x, a.y - b.y),
    middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
  };
}
