/** One photograph on the stage: canvas, pointer to patch, and what is drawn over it. */
import { useEffect, useRef, useState } from "react";
import { patchAt, type PatchPosition } from "../../engine/protocol/geometry.ts";
import { fitInside } from "../scene/fit.ts";
import { StageScene } from "../scene/stage-scene.ts";
import { isMeasuring, paintReport, recordHover } from "../scene/timings.ts";
import {
  featureRefOf,
  geometryOf,
  isHovered,
  photographOf,
  probeCallOf,
} from "../store/selectors.ts";
import type { LookStore } from "../store/store.ts";
import type { Pane } from "../store/view-slice.ts";
import { Overlays } from "./Overlays.tsx";
import { createPicture } from "./pane-picture.ts";
import { PaneFooter } from "./PaneFooter.tsx";
import { PaneHeader } from "./PaneHeader.tsx";
import { useLook, useLookStore } from "./store-context.ts";

export function PhotoPane({ pane }: { pane: Pane }) {
  const store = useLookStore();
  const frame = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const photograph = useLook((state) => photographOf(state, pane));
  const untrained = useLook((state) => state.model?.trained === false);
  const [space, setSpace] = useState({ width: 0, height: 0 });

  useEffect(() => {
    const element = frame.current!;
    const observer = new ResizeObserver(() =>
      setSpace({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const made = new StageScene(host.current!, {
      force2d: new URLSearchParams(location.search).get("renderer") === "canvas2d",
      onPath: (path, why) => paintReport.setState({ path, why }),
    });
    const stop = drawOnChange(store, made, pane);
    return () => {
      stop();
      made.dispose();
    };
  }, [store, pane]);

  useEffect(() => listenToPointer(store, host.current!, pane), [store, pane]);

  const fit = photograph?.size && fitInside(space, photograph.size);
  return (
    <section className="pane" aria-label={pane === "main" ? "Photograph" : "Second photograph"}>
      <PaneHeader pane={pane} />
      <div className="view" ref={frame}>
        {untrained && <p className="untrained">untrained: random weights</p>}
        <div
          ref={host}
          className="photo"
          tabIndex={0}
          role="img"
          aria-label={`${photograph?.name ?? "No photograph"}. Arrow keys walk the patches.`}
          style={fit ? { width: fit.width, height: fit.height } : { width: 0, height: 0 }}
        >
          {photograph?.previewUrl !== undefined && (
            <img src={photograph.previewUrl} alt="" draggable={false} />
          )}
        </div>
        {pane === "main" && <Again />}
        {fit && <Overlays pane={pane} width={fit.width} height={fit.height} />}
      </div>
      <PaneFooter pane={pane} />
    </section>
  );
}

/** After a cancel or an error there is nothing to look at; say how to go on. */
function Again() {
  const isStranded = useLook(
    (state) =>
      state.activities.length === 0 &&
      featureRefOf(state, "main") !== undefined &&
      (isHovered(state) ? !state.features : !state.answer && probeCallOf(state) !== undefined),
  );
  const again = useLook((state) => state.again);
  if (!isStranded) return null;
  return (
    <button className="again" onClick={again}>
      Compute the map
    </button>
  );
}

/** Draw as soon as the state changes: waiting for the next frame would double a hover's latency. */
function drawOnChange(store: LookStore, scene: StageScene, pane: Pane): () => void {
  const picture = createPicture(pane);
  const measuring = isMeasuring(location.search);
  const draw = () => {
    const state = store.getState();
    const { opacity, colormap } = state.view;
    const isDrawn = scene.show(picture(state), opacity, colormap);
    const { cosine } = state;
    if (!isDrawn || cosine === timed) return;
    timed = cosine;
    if (cosine?.startedAt === undefined || pane !== "main" || !isHovered(state)) return;
    if (measuring) scene.finish();
    recordHover({
      startedAt: cosine.startedAt,
      paintedAt: performance.now(),
      patches: cosine.main.values.length,
      path: scene.path,
    });
  };
  let timed = store.getState().cosine;
  draw();
  return store.subscribe(draw);
}

function listenToPointer(store: LookStore, element: HTMLElement, pane: Pane): () => void {
  const patchUnder = (event: PointerEvent | MouseEvent): PatchPosition | undefined => {
    const geometry = geometryOf(store.getState(), pane);
    if (!geometry) return undefined;
    const box = element.getBoundingClientRect();
    return patchAt(geometry, {
      x: ((event.clientX - box.left) / box.width) * geometry.image.width,
      y: ((event.clientY - box.top) / box.height) * geometry.image.height,
    });
  };
  let last: PatchPosition | undefined;
  const move = (event: Event) => {
    const patch = patchUnder(event as PointerEvent);
    if (patch?.row === last?.row && patch?.col === last?.col) return;
    last = patch;
    store.getState().hover(patch && { pane, patch }, event.timeStamp);
  };
  const leave = (event: Event) => {
    last = undefined;
    store.getState().hover(undefined, event.timeStamp);
  };
  const click = (event: MouseEvent) => {
    const patch = patchUnder(event);
    if (patch && pane === "main") store.getState().togglePin(patch);
  };
  const abort = new AbortController();
  const { signal } = abort;
  // Raw updates are not held back until the next frame, where a browser has them.
  element.addEventListener("pointerrawupdate", move, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerdown", move, { signal });
  element.addEventListener("pointerleave", leave, { signal });
  element.addEventListener("click", click, { signal });
  return () => abort.abort();
}
