/** The maps of a figure's cells: probed one after the other, coloured by one scale. */
import { probePane } from "../figures/probe-pane.ts";
import type { ColormapName } from "../protocol/colormap.ts";
import type { FigurePane } from "../protocol/figure.ts";
import type { Geometry } from "../protocol/geometry.ts";
import type { PcaVariant } from "../protocol/pca-variant.ts";
import type { ProbeCall, ProbeName, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import type { LocalSession } from "./local-session.ts";
import { withImages } from "./probe-call.ts";

export interface WantedCell {
  readonly title: string;
  readonly ref: FeatureRef;
  readonly call: ProbeCall;
  /** What a PCA is fitted on; its own where there is none. */
  readonly fit: FeatureRef[];
}

export interface FoundCell extends WantedCell {
  readonly geometry: Geometry;
  readonly result: ProbeResult;
}

/** @throws EngineError as Session.probe */
export async function findCells(
  wanted: readonly WantedCell[],
  { session, control }: Pick<LocalSession, "session" | "control">,
): Promise<FoundCell[]> {
  const found: FoundCell[] = [];
  for (const cell of wanted) {
    const call = withImages(cell.call, { target: undefined, fit: cell.fit });
    const { geometry, result } = await session.probe(cell.ref, call, control);
    found.push({ ...cell, geometry, result });
  }
  return found;
}

export interface CellsLook {
  readonly colormap: ColormapName;
  readonly opacity: number;
  /** Ends of every scale. */
  readonly range: readonly [number, number] | undefined;
  variantOf(probe: ProbeName): PcaVariant;
}

/** Maps of one kind share their ends, so that a colour means the same in each. */
export function panesOf(cells: readonly FoundCell[], look: CellsLook): FigurePane[] {
  return cells.map((cell) => {
    const { title, ref, call, geometry, result } = cell;
    return probePane(
      {
        title,
        note: "",
        photograph: ref.image,
        geometry,
        result,
        query: call.probe === "cosine" ? call.options.queries : [],
      },
      {
        colormap: look.colormap,
        opacity: look.opacity,
        range: look.range ?? sharedRange(cells, result),
        variant: look.variantOf(call.probe),
      },
    );
  });
}

function sharedRange(
  cells: readonly FoundCell[],
  { probe, maps: [of] }: ProbeResult,
): readonly [number, number] | undefined {
  if (of?.kind !== "scalar" && of?.kind !== "matrix") return undefined;
  const ranges = cells
    .filter(({ result }) => result.probe === probe)
    .map(({ result }) => result.maps[0]!.range);
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
}
