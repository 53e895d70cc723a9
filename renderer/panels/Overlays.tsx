/** Marks over a photograph: query cross, patch under the cursor, matches and outliers. */
import {
  patchRectangle,
  type Geometry,
  type PatchPosition,
} from "../../engine/protocol/geometry.ts";
import { geometryOf, isHovered } from "../store/selectors.ts";
import type { Pane } from "../store/view-slice.ts";
import { useLook } from "./store-context.ts";

export function Overlays({ pane, width, height }: { pane: Pane; width: number; height: number }) {
  const geometry = useLook((state) => geometryOf(state, pane));
  const query = useLook((state) => {
    if (pane !== "main") return undefined;
    if (isHovered(state)) return state.query;
    return state.view.probe === "attention" && state.view.attends === "patch"
      ? state.view.patch
      : undefined;
  });
  const isPinned = useLook((state) => state.view.patch !== undefined);
  const cursor = useLook((state) => (state.cursor?.pane === pane ? state.cursor.patch : undefined));
  const best = useLook((state) => (pane === "second" ? state.cosine?.second?.best : undefined));
  const answer = useLook((state) =>
    isHovered(state) || pane === "second" ? undefined : state.answer,
  );
  if (!geometry) return null;
  return (
    <div className="overlays" style={{ width, height }} aria-hidden="true">
      {answer?.result.marks.map(({ patch, kind }) => (
        <i
          key={`${patch.row} ${patch.col}`}
          className={`box ${kind}`}
          style={rectangle(geometry, patch)}
        />
      ))}
      {best && <i className="box match best" style={rectangle(geometry, best.patch)} />}
      {cursor && <i className="box cursor" style={rectangle(geometry, cursor)} />}
      {query && (
        <i className={isPinned ? "cross pinned" : "cross"} style={centre(geometry, query)} />
      )}
    </div>
  );
}

function rectangle(geometry: Geometry, patch: PatchPosition) {
  const { x, y, width, height } = patchRectangle(geometry, patch);
  const { image } = geometry;
  return {
    left: `${(100 * x) / image.width}%`,
    top: `${(100 * y) / image.height}%`,
    width: `${(100 * width) / image.width}%`,
    height: `${(100 * height) / image.height}%`,
  };
}

function centre(geometry: Geometry, patch: PatchPosition) {
  const { x, y, width, height } = patchRectangle(geometry, patch);
  return {
    left: `${(100 * (x + width / 2)) / geometry.image.width}%`,
    top: `${(100 * (y + height / 2)) / geometry.image.height}%`,
  };
}
