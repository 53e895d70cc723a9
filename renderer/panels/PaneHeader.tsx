/** The line over a photograph: its name, and what the map on it is of. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import { answerOf, isHovered, isNormed, photographOf } from "../store/selectors.ts";
import { probeLabels } from "../store/probe-slice.ts";
import { drawnModel, stepOfModel } from "../store/timeline-view.ts";
import type { Pane } from "../store/view-state.ts";
import { fitted, isFitted } from "../store/zoom.ts";
import { formatCount } from "./numbers.ts";
import { useLook } from "./store-context.ts";

export function PaneHeader(props: { pane: Pane; fitScale: number | undefined }) {
  const { pane, fitScale } = props;
  const photograph = useLook((state) => photographOf(state, pane));
  const chooseSecond = useLook((state) => state.chooseSecond);
  const held = useLook((state) => (pane === "main" ? state.features : state.secondFeatures));
  const hovered = useLook(isHovered);
  const answer = useLook((state) => answerOf(state, pane));
  const step = useLook((state) => stepOfModel(state.timeline, drawnModel(state, pane)));
  const depth = useLook((state) => state.model?.depth ?? 0);
  const answered = useLook((state) => answer && isNormed(state, answer.ref));
  const layers = useLook((state) => (state.model?.stages ? "stage" : "block"));
  // What is drawn, not what was asked for: the two differ while the engine works.
  const shown = hovered ? held : answer;
  const geometry: Geometry | undefined = shown?.geometry;
  const layer = hovered ? held?.block : answer && blockOf(answer.ref.layer, depth);
  // Attention is made inside the block, before any final norm.
  const norm = hovered ? held?.norm : answer?.call.probe === "attention" ? undefined : answered;
  const what = hovered ? "cosine" : answer ? probeLabels[answer.call.probe] : undefined;
  return (
    <header className="pane-head">
      {step !== undefined && <strong className="step">step {formatCount(step)}</strong>}
      <strong>{photograph?.name ?? "No photograph"}</strong>
      {geometry && layer !== undefined && (
        <>
          <span className="what">
            {what} · {layers} <span className="num">{layer + 1}</span>
            {norm === undefined ? "" : norm ? " after norm" : " before norm"} ·{" "}
            <span className="num">
              {geometry.input.width}×{geometry.input.height}
            </span>
          </span>
          <span className="num grid" title="Rows and columns of patches">
            {geometry.grid.rows}×{geometry.grid.cols}
          </span>
        </>
      )}
      {fitScale !== undefined && <ZoomControl fitScale={fitScale} pane={pane} />}
      {pane === "second" && (
        <button title="Stop comparing" onClick={() => void chooseSecond(undefined)}>
          Close
        </button>
      )}
    </header>
  );
}

/** @param fitScale pixels of the screen for one of the photograph's, where it is fitted */
function ZoomControl({ fitScale, pane }: { fitScale: number; pane: Pane }) {
  const percent = useLook(({ zoom }) => Math.round(100 * fitScale * zoom.scale));
  const isFit = useLook(({ zoom }) => isFitted(zoom));
  const setZoom = useLook((state) => state.setZoom);
  return (
    <span className="zoom">
      <output className="num" title="Of the photograph's own pixels; scroll or pinch to zoom">
        {percent} %
      </output>
      {pane === "main" && (
        <button
          disabled={isFit}
          title="Fit the photograph into its pane (0, or double-click)"
          onClick={() => setZoom(fitted)}
        >
          Fit
        </button>
      )}
    </span>
  );
}

const blockOf = (layer: number | "last", depth: number) => (layer === "last" ? depth - 1 : layer);
