/** The built-in world: the chosen scene large, and a gallery of its neighbours. */
import { useEffect } from "react";
import { lastScene } from "../../store/measure-scenes-slice.ts";
import type { SceneMode, ShownScene } from "../../store/measure-scenes-state.ts";
import { useLook } from "../store-context.ts";
import { SceneGallery } from "./SceneGallery.tsx";
import { ScenePairView } from "./ScenePairView.tsx";
import { SceneSequenceView } from "./SceneSequenceView.tsx";
import { SceneViewer } from "./SceneViewer.tsx";
import { Words } from "../learn/Words.tsx";

export function ScenesResult() {
  const shown = useLook((state) => state.shownScene);
  const mode = useLook((state) => state.scenes.mode);
  const draw = useLook((state) => state.drawScene);
  const isOpen = useLook((state) => state.connection.kind === "open");
  const epoch = useLook((state) => state.epoch);
  useEffect(() => {
    if (isOpen) void draw();
  }, [isOpen, epoch, draw]);
  return (
    <div className={`scenes ${mode}`}>
      <section className="scene-stage" aria-label="Scene">
        <Head shown={shown?.mode === mode ? shown : undefined} />
        {shown?.mode === mode ? <Shown shown={shown} /> : <p className="nothing">Drawing.</p>}
      </section>
      {/* Of the same scenes; instances and sequences stand in others. */}
      {(mode === "scene" || mode === "views") && <SceneGallery />}
    </div>
  );
}

const titles: Readonly<Record<SceneMode, string>> = {
  scene: "Scene",
  views: "Two views of scene",
  instances: "Two instances, pair",
  sequence: "Sequence",
};

function Head({ shown }: { shown: ShownScene | undefined }) {
  const { mode, index, seed } = useLook((state) => state.scenes);
  const setScenes = useLook((state) => state.setScenes);
  return (
    <header className="scene-head">
      <h2>
        {titles[mode]} <span className="num">{index.toLocaleString("en-US")}</span>
        <span className="faint num">
          {" "}
          <Words>{`seed ${seed}`}</Words>
        </span>
      </h2>
      <p role="status">{shown && <Words>{aboutOf(shown)}</Words>}</p>
      <span className="joined" role="group" aria-label="One by one">
        <button
          aria-label="Previous one"
          title="Previous one"
          disabled={index === 0}
          onClick={() => setScenes({ index: index - 1 })}
        >
          ←
        </button>
        <button
          aria-label="Next one"
          title="Next one"
          disabled={index === lastScene}
          onClick={() => setScenes({ index: index + 1 })}
        >
          →
        </button>
      </span>
    </header>
  );
}

function aboutOf(shown: ShownScene): string {
  switch (shown.mode) {
    case "scene": {
      const { kind, objects, ground } = shown.scene;
      const what = kind === "portrait" ? objects[0]?.name : `${objects.length} objects`;
      return `${what} on ${ground}`;
    }
    case "views":
    case "instances": {
      const count = shown.pair.points.shape[0] ?? 0;
      return `${count} corresponding ${count === 1 ? "point" : "points"}`;
    }
    case "sequence":
      return `${shown.urls.length} frames`;
  }
}

function Shown({ shown }: { shown: ShownScene }) {
  switch (shown.mode) {
    case "scene":
      return <SceneViewer url={shown.url} scene={shown.scene} />;
    case "views":
    case "instances":
      return (
        <ScenePairView key={shown.key} urls={shown.urls} pair={shown.pair} side={shown.side} />
      );
    case "sequence":
      return <SceneSequenceView urls={shown.urls} sequence={shown.sequence} />;
  }
}
