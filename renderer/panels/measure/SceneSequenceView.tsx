/** A short film of the built-in world: frame by frame or played, with the mask of every object. */
import { useEffect, useMemo, useState } from "react";
import type { SceneSequence } from "../../../engine/protocol/scenes.ts";
import { useLook } from "../store-context.ts";
import { labelPixels } from "./scene-layers.ts";
import { Layer } from "./SceneViewer.tsx";

/** Milliseconds that a frame stays. */
const frameMs = 140;

export function SceneSequenceView(props: { urls: readonly string[]; sequence: SceneSequence }) {
  const { urls, sequence } = props;
  const { frame: wished, layer, opacity, index } = useLook((state) => state.scenes);
  const setScenes = useLook((state) => state.setScenes);
  const [isPlaying, setPlaying] = useState(false);
  const frame = Math.min(wished, urls.length - 1);

  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => setScenes({ frame: (frame + 1) % urls.length }), frameMs);
    return () => clearTimeout(timer);
  }, [isPlaying, frame, urls.length, setScenes]);

  const { shape, data } = sequence.masks;
  const side = shape[2] ?? 1;
  const pixels = useMemo(() => {
    const size = side * side;
    return labelPixels(data.subarray(frame * size, (frame + 1) * size), side, false);
  }, [data, side, frame]);

  return (
    <>
      <div className="scene-picture">
        {/* All are there at once: a frame that is decoded when it is due would flicker. */}
        {urls.map((url, i) => (
          <img
            key={url}
            src={url}
            alt={i === frame ? `Frame ${i + 1} of sequence ${index}` : ""}
            style={i === frame ? undefined : { visibility: "hidden" }}
          />
        ))}
        {layer === "instances" && <Layer pixels={pixels} opacity={opacity} />}
      </div>
      <footer className="scene-foot">
        <p className="num scene-readout">
          frame {frame + 1} of {urls.length}
        </p>
        <button onClick={() => setPlaying(!isPlaying)}>{isPlaying ? "Pause" : "Play"}</button>
      </footer>
    </>
  );
}
