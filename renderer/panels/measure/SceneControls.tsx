/** Which scenes of the built-in world are shown and how; the key to their colours. */
import { useMemo } from "react";
import { classColour } from "../../../engine/protocol/class-colours.ts";
import type { ScenePart } from "../../../engine/protocol/scenes.ts";
import { lastScene, sequenceFrames } from "../../store/measure-scenes-slice.ts";
import type { SceneKind, SceneMode } from "../../store/measure-scenes-state.ts";
import { Choice, Segments, Slider } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { cssColour } from "./scene-layers.ts";
import { LiveWholeInput } from "./WholeInput.tsx";

const modes: Readonly<Record<SceneMode, readonly [label: string, title: string]>> = {
  scene: ["Scene", "One picture with its truth"],
  views: ["Two views", "One scene from two places, with points that both see"],
  instances: ["Two instances", "Two things of one class, with parts that correspond"],
  sequence: ["Sequence", "A short film with the mask of every object"],
};

const layers: Readonly<Record<ScenePart, string>> = {
  picture: "Picture",
  semantic: "Classes",
  instances: "Instances",
  depth: "Depth",
};

const kinds: Readonly<Record<SceneKind, string>> = {
  own: "as the scene has it",
  gathering: "many objects",
  portrait: "one object",
};

const seedNumber = { title: "Seed", min: 0, max: lastScene };
const indexNumber = { title: "Index", min: 0, max: lastScene };

function optionsOf<K extends string>(
  record: Readonly<Record<K, string | readonly [string, string]>>,
) {
  return (Object.entries(record) as [K, string | readonly [string, string]][]).map(
    ([value, words]) =>
      typeof words === "string"
        ? { value, label: words }
        : { value, label: words[0], title: words[1] },
  );
}

const layersOfSequence = optionsOf<ScenePart>(layers).filter(
  ({ value }) => value === "picture" || value === "instances",
);

export function SceneControls() {
  const { seed, index, kind, mode, layer, opacity, frame } = useLook((state) => state.scenes);
  const setScenes = useLook((state) => state.setScenes);
  const openInLook = useLook((state) => state.openSceneInLook);
  const firstTest = useLook((state) => state.measuring?.firstTestIndex);
  const shown = useLook((state) => state.shownScene);
  const hasLayers = mode === "scene" || mode === "sequence";
  return (
    <>
      <section aria-label="Which scene">
        <Segments
          label="Show"
          hideLabel
          columns={2}
          value={mode}
          options={optionsOf<SceneMode>(modes)}
          onChange={(next) =>
            setScenes({
              mode: next,
              // A film has no other layers.
              ...(next === "sequence" && layer !== "instances" ? { layer: "picture" } : {}),
            })
          }
        />
        <div className="wholes">
          <LiveWholeInput
            number={indexNumber}
            value={index}
            title="The world goes on: any number is a scene"
            onChange={(next) => setScenes({ index: next })}
          />
          <LiveWholeInput
            number={seedNumber}
            value={seed}
            title="Another seed, another world"
            onChange={(next) => setScenes({ seed: next })}
          />
        </div>
        {firstTest !== undefined && (
          <p className="held-out">
            {index >= firstTest ? "Held out" : "May be trained on"}
            <button onClick={() => setScenes({ index: index >= firstTest ? 0 : firstTest })}>
              {index >= firstTest ? "To those for training" : "To those held out"}
            </button>
          </p>
        )}
        {mode === "scene" && (
          <Choice
            label="Kind"
            value={kind}
            options={optionsOf<SceneKind>(kinds)}
            onChange={(next) => setScenes({ kind: next })}
          />
        )}
      </section>
      {hasLayers && (
        <section aria-label="Layer">
          <Segments
            label="Layer"
            columns={2}
            value={layer}
            options={mode === "scene" ? optionsOf<ScenePart>(layers) : layersOfSequence}
            onChange={(next) => setScenes({ layer: next })}
          />
          {layer !== "picture" && (
            <Slider
              label="Over the picture"
              value={opacity}
              min={0}
              max={1}
              step={0.05}
              shown={`${Math.round(100 * opacity)} %`}
              onChange={(next) => setScenes({ opacity: next })}
            />
          )}
          {mode === "sequence" && (
            <Slider
              label="Frame"
              value={frame}
              min={0}
              max={sequenceFrames - 1}
              shown={`${frame + 1} of ${sequenceFrames}`}
              onChange={(next) => setScenes({ frame: next })}
            />
          )}
        </section>
      )}
      {mode === "scene" && (
        <section aria-label="Onward">
          <button
            className="wide"
            disabled={shown?.mode !== "scene"}
            title="As a photograph of 512 px, with every map of the page"
            onClick={() => void openInLook()}
          >
            Open in Look
          </button>
        </section>
      )}
      {mode === "scene" && <Key />}
    </>
  );
}

/** Classes with their colours; those in this scene first to the eye. */
function Key() {
  const classes = useLook((state) => state.measuring?.classes);
  const shown = useLook((state) => state.shownScene);
  const present = useMemo(() => {
    const semantic = shown?.mode === "scene" ? shown.scene.semantic : undefined;
    return new Set(semantic?.data);
  }, [shown]);
  if (!classes) return null;
  return (
    <section aria-label="Classes">
      <h2>Classes</h2>
      <ul className="class-key">
        {classes.map((name, i) => (
          <li key={name} className={present.has(i) ? "" : "absent"}>
            <i
              className="swatch"
              style={{ background: cssColour(classColour(i)) }}
              aria-hidden="true"
            />
            {name}
            {!present.has(i) && <span className="unseen"> (not in this scene)</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
