/** Patches as points in space, or their Gram matrix as a surface, linked with the photographs both ways. */
import { useEffect, useRef, useState } from "react";
import type { Point2 } from "../../scene/space-picking.ts";
import { SpaceScene } from "../../scene/space-scene.ts";
import { isMeasuring } from "../../scene/timings.ts";
import { isUmapStep } from "../../compute/umap-steps.ts";
import { featureRefOf } from "../../store/selectors.ts";
import { useLook, useLookStore } from "../store-context.ts";
import { drawSpace } from "./draw-space.ts";
import { SpaceBar } from "./SpaceBar.tsx";
import { SpaceFooter } from "./SpaceFooter.tsx";
import { listenToSpace } from "./space-pointer.ts";
import { withKeys } from "../actions/registry.ts";
import { spaceSummary } from "./space-words.ts";
import { Words } from "../learn/Words.tsx";

export function SpacePane() {
  const setView = useLook((state) => state.setView);
  const summary = useLook(spaceSummary);
  const [isLasso, setLasso] = useState(false);
  const [scene, setScene] = useState<SpaceScene>();
  return (
    <section className="pane space" aria-label="Space">
      <header className="pane-head">
        <strong>Space</strong>
        <span className="what num" title={summary}>
          <Words>{summary}</Words>
        </span>
        <button
          title={withKeys("Close the space", "space")}
          onClick={() => setView({ space: "off" })}
        >
          Close
        </button>
      </header>
      <SpaceBar
        isLasso={isLasso}
        onLasso={() => setLasso(!isLasso)}
        onHome={() => scene?.eye.goHome()}
      />
      <SpaceView isLasso={isLasso} onScene={setScene} />
      <SpaceFooter />
    </section>
  );
}

const noWebGl = "Points in space are drawn with WebGL 2, which this browser does not have here.";
const lost = "The browser took the WebGL context away.";

/** @returns undefined where nothing can be drawn, which is told */
function openScene(
  host: HTMLElement,
  onTrouble: (why: string | undefined) => void,
  onRest: () => void,
): SpaceScene | undefined {
  const is2d = new URLSearchParams(location.search).get("renderer") === "canvas2d";
  try {
    if (is2d) throw new Error("as the address asks");
    const isMeasured = isMeasuring(location.search);
    return new SpaceScene(host, {
      isMeasuring: isMeasured,
      onRest,
      onLost: () => onTrouble(lost),
      onRestored: () => onTrouble(undefined),
    });
  } catch {
    onTrouble(noWebGl);
    return undefined;
  }
}

function SpaceView(props: { isLasso: boolean; onScene: (scene: SpaceScene | undefined) => void }) {
  const { isLasso, onScene } = props;
  const store = useLookStore();
  const host = useRef<HTMLDivElement>(null);
  const lassoNow = useRef(isLasso);
  const [line, setLine] = useState<readonly Point2[]>();
  const [trouble, setTrouble] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    lassoNow.current = isLasso;
  }, [isLasso]);

  useEffect(() => {
    const element = host.current!;
    const made = openScene(element, setTrouble, () => drawing.turned());
    if (!made) return;
    onScene(made);
    const drawing = drawSpace(store, made, element);
    const { surface } = drawing;
    const isLassoOn = () => lassoNow.current;
    const elements = { scene: made, host: element, surface, isLasso: isLassoOn, onLasso: setLine };
    const stopListening = listenToSpace(store, elements);
    const observer = new ResizeObserver(() => {
      made.resize();
      drawing.resized();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      stopListening();
      drawing.dispose();
      made.dispose();
      onScene(undefined);
    };
  }, [store, onScene, attempt]);

  const mode = useLook((state) => state.view.space);
  const what = mode === "surface" ? "The Gram matrix as a surface" : "Patches as points in space";
  return (
    <div className="space-frame">
      <div
        ref={host}
        className={isLasso ? "space-view lasso" : "space-view"}
        tabIndex={0}
        role="img"
        aria-label={`${what}. Arrow keys turn, Shift and arrow keys move, plus and minus zoom, 0 shows all.`}
        hidden={trouble !== undefined}
      >
        {line && (
          <svg className="lasso-line" aria-hidden="true">
            <polygon points={line.map(({ x, y }) => `${x},${y}`).join(" ")} />
          </svg>
        )}
      </div>
      {trouble === undefined ? (
        <SpaceWaiting />
      ) : (
        <p className="space-note" role="status">
          <Words>
            {trouble} The photograph shows the same patches, and G the flat Gram matrix.
          </Words>{" "}
          {trouble === lost && (
            <button
              onClick={() => {
                setTrouble(undefined);
                setAttempt(attempt + 1);
              }}
            >
              Try again
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** What is being made, or how to ask for it again; nothing once it is drawn. */
function SpaceWaiting() {
  const isThere = useLook(({ view, umap, spaceAnswers }) =>
    view.space === "umap"
      ? umap !== undefined
      : spaceAnswers[view.space === "pca" ? "pca" : "gram"] !== undefined,
  );
  const layingOut = useLook((state) => state.activities.find((one) => isUmapStep(one.label)));
  const isStranded = useLook(
    (state) => state.activities.length === 0 && featureRefOf(state, "main") !== undefined,
  );
  const again = useLook((state) => state.again);
  if (isThere) return null;
  if (isStranded) {
    return (
      <p className="space-note">
        <button onClick={again}>Compute the points</button>
      </p>
    );
  }
  return (
    <p className="space-note" role="status" aria-live="off">
      {layingOut?.fraction === undefined ? (
        "Computing"
      ) : (
        <span className="num">
          {layingOut.label} {Math.round(100 * layingOut.fraction)} %
        </span>
      )}
    </p>
  );
}
