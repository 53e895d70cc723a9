/**
 * What a pointer and the keys do in space: hover a point, click to hold its patch, Shift+drag for a
 * lasso. Turning, zooming and panning by pointer are OrbitControls'; keys do the same.
 */
import type { Point2 } from "../../scene/space-picking.ts";
import { patchOfPoint } from "../../scene/space-points.ts";
import type { SpaceScene } from "../../scene/space-scene.ts";
import type { LookStore } from "../../store/look.ts";
import { united } from "../../store/patch-set.ts";
import { isAddingBy } from "../adding-patches.ts";
import type { Surface } from "./space-content.ts";

/** A pointer that moves less than this while it is down has clicked. */
const clickPx = 4;
/** Corners of a lasso are so far apart. */
const cornerPx = 3;
/** A key turns by this angle, and moves by this part of the height. */
const turnStep = Math.PI / 24;
const panStep = 0.05;
const zoomStep = 1.15;

export interface SpaceElements {
  readonly scene: SpaceScene;
  readonly host: HTMLElement;
  readonly surface: () => Surface | undefined;
  /** Whether dragging draws a lasso without Shift. */
  readonly isLasso: () => boolean;
  /** The line that is being drawn; undefined when it ended. */
  readonly onLasso: (line: readonly Point2[] | undefined) => void;
}

/** @returns stops listening */
export function listenToSpace(store: LookStore, elements: SpaceElements): () => void {
  const { scene, host, surface, isLasso, onLasso } = elements;
  const abort = new AbortController();
  const { signal } = abort;
  let pressed: (Point2 & { readonly pointer: number }) | undefined;
  let line: Point2[] | undefined;
  let last: string | undefined;

  const placeOf = ({ clientX, clientY }: MouseEvent): Point2 => {
    const box = host.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  };

  const pairAt = (at: Point2) => {
    const shown = surface();
    const cell = shown && scene.pickCell(at);
    if (!cell) return undefined;
    const patchAt = (index: number) => shown.order.patchAt((index + 0.5) / shown.field.side);
    return { row: patchAt(cell.row), col: patchAt(cell.col) };
  };

  const hover = (event: PointerEvent) => {
    const at = placeOf(event);
    const { hover } = store.getState();
    if (surface()) {
      const pair = pairAt(at);
      if (!isNew(JSON.stringify(pair))) return;
      hover(pair && { pane: "main", patch: pair.col }, event.timeStamp, pair?.row);
      return;
    }
    const index = scene.pick(at);
    host.classList.toggle("on-point", index !== undefined);
    if (!isNew(String(index))) return;
    hover(
      index === undefined || !scene.points ? undefined : patchOfPoint(scene.points, index),
      event.timeStamp,
    );
  };

  const isNew = (key: string | undefined) => {
    if (key === last) return false;
    last = key;
    return true;
  };

  const endLasso = () => {
    line = undefined;
    scene.eye.isTurning = true;
    onLasso(undefined);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    if (line && pressed?.pointer !== event.pointerId) {
      // A second finger: what the first drew was no lasso.
      event.stopPropagation();
      pressed = undefined;
      endLasso();
      return;
    }
    const at = placeOf(event);
    pressed = { ...at, pointer: event.pointerId };
    if (!scene.points || !(event.shiftKey || isLasso())) return;
    // Before OrbitControls, which would turn.
    event.stopPropagation();
    host.focus({ preventScroll: true });
    host.setPointerCapture(event.pointerId);
    scene.eye.isTurning = false;
    line = [at];
    onLasso(line);
  };

  const move = (event: PointerEvent) => {
    if (!line) {
      if (event.buttons === 0) hover(event);
      return;
    }
    if (pressed?.pointer !== event.pointerId) return;
    const at = placeOf(event);
    const before = line.at(-1)!;
    if (Math.hypot(at.x - before.x, at.y - before.y) < cornerPx) return;
    line = [...line, at];
    onLasso(line);
  };

  const up = (event: PointerEvent) => {
    const start = pressed;
    pressed = undefined;
    if (start?.pointer !== event.pointerId) return;
    const at = placeOf(event);
    const isClick = Math.hypot(at.x - start.x, at.y - start.y) < clickPx;
    const drawn = line;
    if (drawn) endLasso();
    if (isClick) click(at, event);
    else if (drawn) holdInside(drawn, isAddingBy(event, store.getState()));
  };

  const click = (at: Point2, event: PointerEvent) => {
    const { togglePin, togglePatch } = store.getState();
    const pair = pairAt(at);
    if (pair) {
      togglePin(pair.row);
      return;
    }
    const index = scene.pick(at);
    if (index === undefined || !scene.points) return;
    const { pane, patch } = patchOfPoint(scene.points, index);
    if (pane !== "main") return;
    if (isAddingBy(event, store.getState())) togglePatch(patch);
    else togglePin(patch);
  };

  /** Patches of the first photograph: the query is always one of its. */
  const holdInside = (lasso: readonly Point2[], isAdding: boolean) => {
    const { points } = scene;
    if (!points) return;
    const { view, setView } = store.getState();
    const inside = scene
      .lasso(lasso)
      .filter((index) => index < points.mainCount)
      .map((index) => patchOfPoint(points, index).patch);
    const patch = isAdding ? united(view.patch, inside) : inside;
    if (patch.length > 0 || view.patch.length > 0) setView({ patch });
  };

  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape" && line) {
      endLasso();
      event.stopPropagation();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !turnByKey(scene, event)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  host.addEventListener("pointerdown", down, { signal, capture: true });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", up, { signal });
  host.addEventListener("pointercancel", endLasso, { signal });
  host.addEventListener(
    "pointerleave",
    (event) => {
      if (line) return;
      last = undefined;
      store.getState().hover(undefined, event.timeStamp);
    },
    { signal },
  );
  host.addEventListener("keydown", key, { signal });
  return () => abort.abort();
}

function turnByKey(scene: SpaceScene, { key, shiftKey }: KeyboardEvent): boolean {
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
    key
  ] ?? [0, 0];
  if (x !== 0 || y !== 0) {
    if (shiftKey) scene.eye.pan(x! * panStep, y! * panStep);
    else scene.eye.turn(x! * turnStep, y! * turnStep);
    return true;
  }
  if (key === "+" || key === "=") scene.eye.zoomBy(zoomStep);
  else if (key === "-") scene.eye.zoomBy(1 / zoomStep);
  else if (key === "0" || key === "Home") scene.eye.goHome();
  else return false;
  return true;
}
