/** A second map in a pane: wiped over the first, or shown in turn with it. */
import { useEffect, useState } from "react";
import { isMotionReduced } from "../../scene/reduced-motion.ts";
import { StageScene } from "../../scene/stage-scene.ts";
import type { LookStore } from "../../store/look.ts";
import { againstIn, seenIn } from "../../store/seen.ts";
import type { Pane } from "../../store/view-state.ts";
import { createMap } from "../pane-picture.ts";
import { useLook, useLookStore } from "../store-context.ts";
import { paneNumber } from "./pane-title.ts";

const blinkMs = 700;

/** @param share 0..1 of the photograph, from its left edge, that shows the pane's own map */
export function usePaired(pane: Pane, host: React.RefObject<HTMLElement | null>) {
  const store = useLookStore();
  const how = useLook((state) => againstIn(state, pane)?.how);
  const other = useLook((state) => againstIn(state, pane)?.pane);
  const [share, setShare] = useState(0.5);
  const [isOther, setIsOther] = useState(false);
  const isDrawn = other !== undefined && (how === "wipe" || how === "blink");

  useEffect(() => {
    const element = host.current;
    if (!isDrawn || !element) return;
    const layer = document.createElement("div");
    layer.className = "paired";
    element.append(layer);
    const scene = new StageScene(layer, { force2d: true, onPath: () => {} });
    const stop = drawOther(store, scene, other);
    return () => {
      stop();
      scene.dispose();
      layer.remove();
    };
  }, [store, host, isDrawn, other]);

  useEffect(() => {
    if (how !== "blink" || isMotionReduced()) return;
    const timer = setInterval(() => setIsOther((now) => !now), blinkMs);
    return () => clearInterval(timer);
  }, [how]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const part = how === "wipe" ? share : how === "blink" && isOther ? 0 : 1;
    element.style.setProperty("--own", String(part));
  }, [host, how, share, isOther]);

  return { how, share, setShare, isOther, toggle: () => setIsOther((now) => !now) };
}

function drawOther(store: LookStore, scene: StageScene, pane: Pane): () => void {
  const picture = createMap(pane);
  const draw = () => {
    const state = store.getState();
    const { opacity, colormap } = seenIn(state, pane).view;
    scene.show(picture(state), opacity, colormap);
  };
  draw();
  return store.subscribe(draw);
}

/** Which side is which, and the handle that moves the edge. */
export function PairBar({ pane, paired }: { pane: Pane; paired: ReturnType<typeof usePaired> }) {
  const { how, share, setShare, isOther, toggle } = paired;
  const number = useLook((state) => paneNumber(state, pane));
  const other = useLook((state) => paneNumber(state, againstIn(state, pane)?.pane ?? pane));
  if (how === undefined) return null;
  if (how === "difference") {
    return (
      <div className="pair-bar">
        pane {number} − pane {other}
      </div>
    );
  }
  return how === "wipe" ? (
    <div className="pair-bar">
      <span>{number}</span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={share}
        style={{ "--filled": `${100 * share}%` } as React.CSSProperties}
        aria-label={`Edge between pane ${number} and pane ${other}`}
        onChange={({ target }) => setShare(target.valueAsNumber)}
      />
      <span>{other}</span>
    </div>
  ) : (
    <div className="pair-bar">
      <button aria-pressed={isOther} title="Show the other one" onClick={toggle}>
        pane {isOther ? other : number}
      </button>
    </div>
  );
}
