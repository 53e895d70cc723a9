/** Marks over a photograph: query cross, patch under the cursor, matches and outliers. */
import { useMemo } from "react";
import {
  patchRectangle,
  type Geometry,
  type PatchPosition,
} from "../../engine/protocol/geometry.ts";
import { formatPatches, outlineOf, parsePatches, type PatchSet } from "../store/patch-set.ts";
import { seenIn } from "../store/seen.ts";
import { answerOf, geometryOf, isHovered, queryOn } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { useLook } from "./store-context.ts";
import { useRestedCosine } from "./use-settled.ts";

export function Overlays({ pane }: { pane: Pane }) {
  const geometry = useLook((state) => geometryOf(state, pane));
  const cursor = useLook((state) => (state.cursor?.pane === pane ? state.cursor.patch : undefined));
  const answer = useLook((state) => answerOf(state, pane));
  const hovered = useLook((state) => isHovered(seenIn(state, pane)));
  if (!geometry) return null;
  return (
    <>
      {answer?.result.marks.map(({ patch, kind }) => (
        <i
          key={`${patch.row} ${patch.col}`}
          className={`box ${kind}`}
          style={rectangle(geometry, patch)}
        />
      ))}
      {hovered && <Matches pane={pane} geometry={geometry} />}
      {cursor && <i className="box cursor" style={rectangle(geometry, cursor)} />}
      <Query pane={pane} geometry={geometry} />
      <PatchGrid geometry={geometry} />
    </>
  );
}

/** The best matches by rank, once the query rests: five boxes that jump about would hide the map. */
function Matches({ pane, geometry }: { pane: Pane; geometry: Geometry }) {
  const rested = useRestedCosine();
  const most = useLook((state) => seenIn(state, pane).view.matches);
  // Over another photograph there is no query to look at, so its best match moves with the pointer.
  const moving = useLook((state) => {
    const over = state.cosine?.over[pane];
    const isElsewhere = over?.query.length === 0 && pane !== "main";
    return isElsewhere && most > 0 ? over.matches[0]?.patch : undefined;
  });
  const over = rested?.over[pane];
  if (!over) return moving && <i className="box match" style={rectangle(geometry, moving)} />;
  return over.matches.slice(0, most).map(({ patch }, index) => (
    <i
      key={index}
      className={`box match ranked${patch.row === 0 ? " at-top" : ""}`}
      data-light="matches"
      style={rectangle(over.geometry, patch)}
    >
      <b>{index + 1}</b>
    </i>
  ));
}

/** A cross in one patch, or the outline of several. */
function Query({ pane, geometry }: { pane: Pane; geometry: Geometry }) {
  const text = useLook((state) => formatPatches(queryOn(state, pane)));
  const query = useMemo(() => parsePatches(text) ?? [], [text]);
  const isHeld = useLook((state) => seenIn(state, pane).view.patch.length > 0);
  const [first, ...others] = query;
  if (!first) return null;
  if (others.length === 0) {
    return (
      <i
        className={isHeld ? "cross pinned" : "cross"}
        data-light="query"
        style={centre(geometry, first)}
      />
    );
  }
  return <Outline geometry={geometry} patches={query} />;
}

/** The lines between patches, seen only while a formula speaks of them. */
function PatchGrid({ geometry }: { geometry: Geometry }) {
  const { rows, cols } = geometry.grid;
  const { left, top, width, height } = rectangle(geometry, { row: 0, col: 0 });
  return (
    <i
      className="patch-grid"
      data-light="grid"
      style={{
        left,
        top,
        width: `calc(${width} * ${cols})`,
        height: `calc(${height} * ${rows})`,
        backgroundSize: `${100 / cols}% ${100 / rows}%`,
      }}
    />
  );
}

/** Around several patches, wherever they lie: thousands of boxes would hide what is in them. */
function Outline({ geometry, patches }: { geometry: Geometry; patches: PatchSet }) {
  const path = useMemo(() => outlineOf(patches), [patches]);
  const { rows, cols } = geometry.grid;
  const { left, top, width, height } = rectangle(geometry, { row: 0, col: 0 });
  return (
    <svg
      className="outline"
      data-light="query"
      viewBox={`0 0 ${cols} ${rows}`}
      preserveAspectRatio="none"
      style={{ left, top, width: `calc(${width} * ${cols})`, height: `calc(${height} * ${rows})` }}
    >
      <path className="rim" d={path} />
      <path d={path} />
    </svg>
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
