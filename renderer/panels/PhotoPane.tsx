/** One photograph on the stage: its map, what is drawn over it, and the zoom. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { fitInside } from "../scene/fit.ts";
import { StageScene } from "../scene/stage-scene.ts";
import { isMeasuring, paintReport, recordHover, recordScrub } from "../scene/timings.ts";
import {
  answerOf,
  featureRefOf,
  isHovered,
  photographOf,
  probeCallOf,
} from "../store/selectors.ts";
import type { LookStore } from "../store/look.ts";
import { drawnModel, isArrived } from "../store/timeline-view.ts";
import type { ZoomFrame } from "../store/zoom.ts";
import type { Pane } from "../store/view-state.ts";
import { Overlays } from "./Overlays.tsx";
import { createPicture } from "./pane-picture.ts";
import { PaneFooter } from "./PaneFooter.tsx";
import { PaneHeader } from "./PaneHeader.tsx";
import { paneZoom, type PaneZoom } from "./pane-zoom.ts";
import { listenToStage } from "./stage-pointer.ts";
import { useLook, useLookStore } from "./store-context.ts";
import { Waiting } from "./timeline/Waiting.tsx";

export function PhotoPane({ pane }: { pane: Pane }) {
  const store = useLookStore();
  const frame = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const overlays = useRef<HTMLDivElement>(null);
  const zoomed = useRef<PaneZoom>(undefined);
  const zoomFrame = useRef<ZoomFrame>(undefined);
  const photograph = useLook((state) => photographOf(state, pane));
  const isWaiting = useLook((state) => !isArrived(state));
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

  useEffect(() => {
    const made = paneZoom(store, host.current!, overlays.current!);
    zoomed.current = made;
    return () => made.dispose();
  }, [store]);

  useEffect(() => {
    const elements = { view: frame.current!, photo: host.current!, frame: () => zoomFrame.current };
    return listenToStage(store, elements, pane);
  }, [store, pane]);

  const size = photograph?.size;
  const fit = useMemo(() => size && fitInside(space, size), [space, size]);
  useLayoutEffect(() => {
    zoomFrame.current = fit && { space, photo: fit };
    zoomed.current?.resize(zoomFrame.current);
  }, [space, fit]);
  return (
    <section className="pane" aria-label={pane === "main" ? "Photograph" : "Second photograph"}>
      <PaneHeader pane={pane} fitScale={fit && size ? fit.width / size.width : undefined} />
      <div className={isWaiting ? "view waiting" : "view"} ref={frame}>
        <div
          ref={host}
          className="photo"
          tabIndex={0}
          role="img"
          aria-label={`${photograph?.name ?? "No photograph"}. Arrow keys walk the patches, Alt and arrow keys draw a box.`}
          style={fit ? { width: fit.width, height: fit.height } : { width: 0, height: 0 }}
        >
          {photograph?.previewUrl !== undefined && (
            <img src={photograph.previewUrl} alt="" draggable={false} />
          )}
        </div>
        {pane === "main" && <Again />}
        {pane === "main" && isWaiting && <Waiting />}
        <div ref={overlays} className="overlays" aria-hidden="true">
          {fit && <Overlays pane={pane} />}
        </div>
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
      isArrived(state) &&
      featureRefOf(state, "main") !== undefined &&
      (isHovered(state)
        ? !state.features
        : !answerOf(state, "main") && probeCallOf(state) !== undefined),
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
    const isDrawn = scene.show(picture(state), opacity, colormap, drawnModel(state, pane));
    const { cosine, timeline } = state;
    const asked = timeline?.asked;
    if (isDrawn && pane === "main" && asked && asked !== timedStep && isArrived(state)) {
      timedStep = asked;
      if (measuring) scene.finish();
      recordScrub({ ...asked, paintedAt: performance.now() });
    }
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
  let timedStep = store.getState().timeline?.asked;
  let timed = store.getState().cosine;
  draw();
  return store.subscribe(draw);
}
