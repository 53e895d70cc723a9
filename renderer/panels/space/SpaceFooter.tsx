/** Under the points: what is under the pointer on the left, what the colours mean on the right. */
import { positionColour } from "../../scene/space-colours.ts";
import { spacePartner } from "../../store/selectors.ts";
import { ColourBar, Components, Groups } from "../Legend.tsx";
import { ClassKey } from "./ClassKey.tsx";
import { useLook } from "../store-context.ts";
import { similarityRange } from "./space-content.ts";
import { spaceReadout } from "./space-words.ts";
import { Words } from "../learn/Words.tsx";

export function SpaceFooter() {
  const text = useLook(spaceReadout);
  const compared = useLook(
    (state) => spacePartner(state) !== undefined && state.view.space !== "surface",
  );
  const isGrey = useLook(({ view }) => view.spaceColour === "cluster");
  const [where, what] = text.split("\n");
  return (
    <footer className="pane-foot">
      <div className="readout num" aria-live="off">
        <div>{where}</div>
        <div>{what}</div>
      </div>
      <div className="space-legend">
        <SpaceLegend />
        {compared && (
          <div className="legend">
            <Words>{`● first · ◆ second photograph${isGrey ? ", grey: it has no clusters" : ""}`}</Words>
          </div>
        )}
      </div>
    </footer>
  );
}

function SpaceLegend() {
  const view = useLook((state) => state.view);
  const clusters = useLook((state) => state.spaceAnswers.clusters?.result.maps[0]);
  const gram = useLook((state) => state.spaceAnswers.gram?.result.maps[0]);
  const low = useLook((state) => similarityRange(state)?.[0]);
  const high = useLook((state) => similarityRange(state)?.[1]);
  if (view.space === "surface") {
    return gram ? <ColourBar colormap={view.colormap} range={gram.range} unit={gram.unit} /> : null;
  }
  switch (view.spaceColour) {
    case "position":
      return <PositionKey />;
    case "cluster":
      return clusters ? <Groups map={clusters} /> : null;
    case "class":
      return <ClassKey />;
    case "pca":
      return <Components pane="main" />;
    case "similarity":
      return low === undefined || high === undefined ? null : (
        <ColourBar colormap={view.colormap} range={[low, high]} unit="cosine" />
      );
  }
}

/** A small photograph in which every place has its colour. */
function PositionKey() {
  const css = (across: number, down: number) => `rgb(${positionColour(across, down).join(" ")})`;
  const row = (down: number) => `linear-gradient(90deg, ${css(0, down)}, ${css(1, down)})`;
  return (
    <div className="legend position" title="The colour says where in the photograph a patch lies">
      <i style={{ background: row(1) }}>
        <i style={{ background: row(0) }} />
      </i>
      <span>place in the photograph</span>
    </div>
  );
}
