/** One photograph on the stage: its map, what is drawn over it, and the zoom. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { signedColormap } from "../../engine/protocol/colormap.ts";
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
import type { Look, LookStore } from "../store/look.ts";
import { againstIn, ownParts, seenIn } from "../store/seen.ts";
import type { Problem } from "../store/timeline-state.ts";
import { drawnModel, isArrived } from "../store/timeline-view.ts";
import type { ZoomFrame } from "../store/zoom.ts";
import type { Pane } from "../store/view-state.ts";
import { Overlays } from "./Overlays.tsx";
import { createPicture } from "./pane-picture.ts";
import { PaneFooter } from "./PaneFooter.tsx";
import { PaneHeader } from "./PaneHeader.tsx";
import { paneZoom, type PaneZoom } from "./pane-zoom.ts";
import { PairBar, usePaired } from "./panes/Paired.tsx";
import { paneTitle } from "./panes/pane-title.ts";
import { listenToStage } from "./stage-pointer.ts";
import { useLook, useLookStore } from "./store-context.ts";
import { Waiting } from "./timeline/Waiting.tsx";

export function PhotoPane({ pane }: { pane: Pane }) {
  const store = useLookStore();
  const frame = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const overlays = useRef<HTMLDivElement>(null);
  const zoomed = useRef<PaneZoom>(undefined);
  const zoomFrame = useRef<ZoomFrame>(undefined);
  const photograph = useLook((state) => photographOf(state, pane));
  const title = useLook((state) => paneTitle(state, pane));
  const isFollowing = useLook((state) => ownParts(state, pane)?.model === undefined);
  const isWaiting = useLook((state) => isFollowing && !isArrived(state));
  const problem = useLook((state) => problemOf(state, pane));
  const isMany = useLook((state) => state.panes.length > mostOnGraphics);
  const setInSight = useLook((state) => state.setInSight);
  const paired = usePaired(pane, host);
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
    const isAsked = new URLSearchParams(location.search).get("renderer") === "canvas2d";
    const made = new StageScene(layer.current!, {
      force2d: isAsked || isMany,
      // Of many panes each has little to draw; that they are on 2D canvases is nobody's concern.
      onPath: (path, why) => {
        if (!isMany || isAsked) paintReport.setState({ path, why });
      },
    });
    const stop = drawOnChange(store, made, pane);
    return () => {
      stop();
      made.dispose();
    };
  }, [store, pane, isMany]);

  useEffect(() => {
    if (pane === "main") return;
    const observer = new IntersectionObserver(([entry]) =>
      setInSight(pane, entry?.isIntersecting ?? true),
    );
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [pane, setInSight]);

  useEffect(() => {
    const made = paneZoom(store, pane, host.current!, overlays.current!);
    zoomed.current = made;
    return () => made.dispose();
  }, [store, pane]);

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
    <section className="pane" aria-label={pane === "main" ? "Photograph" : `Pane: ${title}`}>
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
          <div ref={layer} className="own-map" data-light="map" />
        </div>
        {pane === "main" && <Again />}
        {problem && (
          <p className="pane-problem" role="status">
            {problem.message}
            {problem.hint !== undefined && <span> {problem.hint}</span>}
          </p>
        )}
        {pane === "main" && isWaiting && <Waiting />}
        <div ref={overlays} className="overlays" aria-hidden="true">
          {fit && <Overlays pane={pane} />}
        </div>
      </div>
      <PairBar pane={pane} paired={paired} />
      <PaneFooter pane={pane} />
    </section>
  );
}

/** Browsers keep so many graphics contexts and take the oldest away for more. */
const mostOnGraphics = 7;

/** Why there is no map of a pane's own model. */
function problemOf(state: Look, pane: Pane): Problem | undefined {
  const own = ownParts(state, pane);
  return own?.model === undefined ? undefined : state.cardProblems.get(own.model);
}

/** After a cancel or an error there is nothing to look at; say how to go on. */
function Again() {
  const isStranded = useLook(
    (state) =>
      state.activities.length === 0 &&
      isArrived(state) &&
      featureRefOf(state, "main") !== undefined &&
      (isHovered(state)
        ? !state.features.main
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
    const { opacity, colormap } = seenIn(state, pane).view;
    const drawn = picture(state);
    const isSigned = drawn?.kind === "scalar" && drawn.range[0] < 0;
    const isDifference = againstIn(state, pane)?.how === "difference" && isSigned;
    const colours = isDifference ? signedColormap(colormap) : colormap;
    const isDrawn = scene.show(drawn, opacity, colours, drawnModel(state, pane));
    const { cosine, timeline } = state;
    const asked = timeline?.asked;
    if (pane === "main" && asked && asked !== timedStep && isArrived(state)) {
      timedStep = asked;
      if (measuring) scene.finish();
      queueMicrotask(() => recordScrub({ ...asked, paintedAt: performance.now() }));
    }
    if (!isDrawn || cosine === timed) return;
    timed = cosine;
    if (cosine?.startedAt === undefined || pane !== "main" || !isHovered(state)) return;
    if (measuring) scene.finish();
    const { startedAt, over } = cosine;
    // The other panes are drawn after this one, in the same turn.
    queueMicrotask(() =>
      recordHover({
        startedAt,
        paintedAt: performance.now(),
        patches: over.main?.values.length ?? 0,
        panes: Object.keys(over).length,
        path: scene.path,
      }),
    );
  };
  let timedStep = store.getState().timeline?.asked;
  let timed = store.getState().cosine;
  draw();
  return store.subscribe(draw);
}
