/** The line over a photograph: its name, what the map on it is of, and in what the pane differs. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import { ownParts, seenIn } from "../store/seen.ts";
import { answerOf, isHovered, isNormed, photographOf } from "../store/selectors.ts";
import { probeLabels } from "../store/probe-slice.ts";
import { drawnModel, stepOfModel } from "../store/timeline-view.ts";
import type { Pane } from "../store/view-state.ts";
import { fitted, isFitted } from "../store/zoom.ts";
import { AddPatches } from "./AddPatches.tsx";
import { formatCount } from "./numbers.ts";
import { PaneMenu } from "./panes/PaneMenu.tsx";
import { paneTitle } from "./panes/pane-title.ts";
import { useLook } from "./store-context.ts";
import { Words } from "./learn/Words.tsx";

export function PaneHeader(props: { pane: Pane; fitScale: number | undefined }) {
  const { pane, fitScale } = props;
  const photograph = useLook((state) => photographOf(state, pane));
  const closePane = useLook((state) => state.closePane);
  const step = useLook((state) => stepOfModel(state.timeline, drawnModel(state, pane)));
  const title = useLook((state) => paneTitle(state, pane));
  const isAlone = useLook((state) => state.panes.length === 0);
  return (
    <header className="pane-head">
      {pane === "main" ? (
        <>
          {step !== undefined && <strong className="step">step {formatCount(step)}</strong>}
          <strong title={photograph?.name}>{photograph?.name ?? "No photograph"}</strong>
        </>
      ) : (
        <strong title={title}>{title}</strong>
      )}
      <What pane={pane} />
      {pane === "main" && <AddPatches hasWord />}
      {fitScale !== undefined && <ZoomControl fitScale={fitScale} pane={pane} />}
      {pane === "main" && !isAlone && <span className="faint">pane 1</span>}
      {pane !== "main" && (
        <>
          <PaneMenu pane={pane} />
          <button
            title="Close this pane"
            aria-label="Close this pane"
            onClick={() => closePane(pane)}
          >
            ×
          </button>
        </>
      )}
    </header>
  );
}

/** What is drawn, not what was asked for: the two differ while the engine works. */
function What({ pane }: { pane: Pane }) {
  const held = useLook((state) => state.features[pane]);
  const hovered = useLook((state) => isHovered(seenIn(state, pane)));
  const answer = useLook((state) => answerOf(state, pane));
  const depth = useLook((state) => seenIn(state, pane).model?.depth ?? 0);
  const answered = useLook((state) => answer && isNormed(seenIn(state, pane), answer.ref));
  const unit = useLook((state) => (seenIn(state, pane).model?.stages ? "stage" : "block"));
  const shown = hovered ? held : answer;
  const geometry: Geometry | undefined = shown?.geometry;
  const layer = hovered ? held?.block : answer && blockOf(answer.ref.layer, depth);
  // Attention is made inside the block, before any final norm.
  const norm = hovered ? held?.norm : answer?.call.probe === "attention" ? undefined : answered;
  const what = hovered ? "cosine" : answer ? probeLabels[answer.call.probe] : undefined;
  if (!geometry || layer === undefined) return <span className="what" />;
  const normed = norm === undefined ? "" : norm ? " after norm" : " before norm";
  const { width, height } = geometry.input;
  const told = `${what} · ${unit} ${layer + 1}${normed} · ${width}×${height}`;
  return (
    <>
      <span className="what" title={told}>
        <Words>{`${what} · ${unit} `}</Words>
        <span className="num">{layer + 1}</span>
        <Words means={normMeans}>{normed}</Words> ·{" "}
        <span className="num">
          {width}×{height}
        </span>
      </span>
      <span className="num grid" title="Rows and columns of patches">
        {geometry.grid.rows}×{geometry.grid.cols}
      </span>
    </>
  );
}

/** Of "after norm". */
const normMeans = { norm: "final norm" } as const;

/** @param fitScale pixels of the screen for one of the photograph's, where it is fitted */
function ZoomControl({ fitScale, pane }: { fitScale: number; pane: Pane }) {
  const percent = useLook((state) => Math.round(100 * fitScale * seenIn(state, pane).zoom.scale));
  const isFit = useLook((state) => isFitted(seenIn(state, pane).zoom));
  const isOwn = useLook((state) => pane === "main" || ownParts(state, pane)?.zoom !== undefined);
  const setZoom = useLook((state) => state.setZoom);
  return (
    <span className="zoom">
      <output className="num" title="Of the photograph's own pixels; scroll or pinch to zoom">
        {percent} %
      </output>
      {isOwn && (
        <button
          disabled={isFit}
          title="Fit the photograph into its pane (0, or double-click)"
          onClick={() => setZoom(fitted, pane)}
        >
          Fit
        </button>
      )}
    </span>
  );
}

const blockOf = (layer: number | "last", depth: number) => (layer === "last" ? depth - 1 : layer);
