/** One scene large: a layer over its picture, and what the pixel under the pointer is. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { RenderedScene } from "../../../engine/protocol/scenes.ts";
import { useLook } from "../store-context.ts";
import { DepthKey } from "./DepthKey.tsx";
import { depthRange, layerPixels, truthAt, truthOf, type PixelTruth } from "./scene-layers.ts";

interface Place {
  readonly x: number;
  readonly y: number;
  /** What was reached by keys is read out; a pointer passes over too much. */
  readonly isByKey: boolean;
}

/** Pixels that an arrow key goes. */
const stride = 4;
const noClasses: readonly string[] = [];

export function SceneViewer({ url, scene }: { url: string; scene: RenderedScene }) {
  const { layer, opacity, index } = useLook((state) => state.scenes);
  const classes = useLook((state) => state.measuring?.classes) ?? noClasses;
  const colormap = useLook((state) => state.view.colormap);
  const [place, setPlace] = useState<Place>();
  const truth = useMemo(() => truthOf(scene), [scene]);
  const { side, depth } = truth;
  const pixels = useMemo(() => layerPixels(truth, layer, colormap), [truth, layer, colormap]);
  const range = useMemo(() => depth && depthRange(depth), [depth]);
  const here = place && truthAt(truth, classes, place.x, place.y);

  const point = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = side / box.width;
    setPlace({
      x: Math.floor((event.clientX - box.left) * scale),
      y: Math.floor((event.clientY - box.top) * scale),
      isByKey: false,
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") setPlace(undefined);
    const [across, down] = arrows[event.key] ?? [];
    if (across === undefined || down === undefined) return;
    event.preventDefault();
    const by = event.shiftKey ? 8 * stride : stride;
    const held = (value: number) => Math.min(side - 1, Math.max(0, value));
    const next = place
      ? { x: held(place.x + across * by), y: held(place.y + down * by) }
      : { x: side >> 1, y: side >> 1 };
    setPlace({ ...next, isByKey: true });
  };

  return (
    <>
      <div
        className="scene-picture"
        role="application"
        aria-label={`Scene ${index}: arrow keys read the pixels`}
        tabIndex={0}
        title="Arrow keys read the pixels, Shift goes further"
        onPointerMove={point}
        onPointerLeave={() => setPlace(undefined)}
        onKeyDown={onKeyDown}
      >
        <img src={url} alt={`Scene ${index}`} draggable={false} />
        {pixels && <Layer pixels={pixels} opacity={opacity} />}
        {here && (
          <i
            className="scene-cross"
            style={{
              left: `${(100 * (place.x + 0.5)) / side}%`,
              top: `${(100 * (place.y + 0.5)) / side}%`,
            }}
          />
        )}
      </div>
      <footer className="scene-foot">
        <p className="num scene-readout" aria-live={place?.isByKey ? "polite" : "off"}>
          {here ? readout(here, place) : "Point at the picture to read its truth."}
        </p>
        {layer === "depth" && range && <DepthKey range={range} colormap={colormap} />}
      </footer>
    </>
  );
}

export function Layer({ pixels, opacity }: { pixels: ImageData; opacity: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    [element.width, element.height] = [pixels.width, pixels.height];
    element.getContext("2d")?.putImageData(pixels, 0, 0);
  }, [pixels]);
  return <canvas ref={canvas} style={{ opacity }} aria-hidden="true" />;
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function readout(here: PixelTruth, { x, y }: Place): string {
  const { className, instance, metres } = here;
  return [
    `${x}, ${y}`,
    className ?? "no class",
    instance === undefined ? "no object" : `instance ${instance}`,
    metres === undefined ? "no depth" : `${metres.toFixed(2)} m`,
  ].join(" · ");
}
