/** What a probe found over a photograph, as a pane of a figure. */
import type { ColormapName } from "../protocol/colormap.ts";
import type { FigureMark, FigurePane } from "../protocol/figure.ts";
import { keyOfMap } from "../protocol/figure-keys.ts";
import { patchRectangle, type Geometry, type PatchPosition } from "../protocol/geometry.ts";
import { cellColours } from "../protocol/map-cells.ts";
import type { PcaVariant } from "../protocol/pca-variant.ts";
import type { ProbeResult } from "../protocol/probes.ts";
import { toWireTensor } from "../protocol/tensor.ts";

export interface ProbePaneLook {
  readonly colormap: ColormapName;
  readonly variant: PcaVariant;
  /** Of the map over the photograph, 0..1; 1 is the map alone. */
  readonly opacity: number;
  /** Ends of the scale; the map's own when left out. */
  readonly range?: readonly [number, number] | undefined;
}

export interface ProbeFinding {
  readonly title: string;
  readonly note: string;
  /** Id of the photograph that the map lies on. */
  readonly photograph: string;
  readonly geometry: Geometry;
  readonly result: ProbeResult;
  /** Patches that were asked about, where they lie on this photograph. */
  readonly query: readonly PatchPosition[];
}

/** Its first map. A matrix stands by itself; everything else lies over all of the photograph. */
export function probePane(finding: ProbeFinding, look: ProbePaneLook): FigurePane {
  const { title, note, photograph, geometry, result, query } = finding;
  const map = result.maps[0]!;
  const isMatrix = map.kind === "matrix";
  const [rows = 1, cols = 1] = map.values.shape;
  const { image, region } = geometry;
  const cells = toWireTensor(cellColours(map, look), [rows, cols, 4]);
  const common = { title, note, key: keyOfMap(map, look), recipe: [...result.recipe] };
  if (isMatrix) {
    const all = { x: 0, y: 0, width: cols, height: rows };
    const drawn = { cells, box: all, opacity: 1, isSmooth: false };
    return { ...common, view: all, map: drawn, marks: [], labels: [] };
  }
  const side = (patches: number) => (patches * region.width) / geometry.grid.cols;
  const measured = Math.max(1, Math.round(geometry.grid.cols / 8));
  return {
    ...common,
    photograph,
    view: { x: 0, y: 0, width: image.width, height: image.height },
    map: { cells, box: region, opacity: look.opacity, isSmooth: false },
    marks: [...result.marks.map(markOf(geometry)), ...query.map(crossOf(geometry))],
    labels: [],
    scale: {
      length: side(measured),
      text: `${measured} patch${measured === 1 ? "" : "es"}, ${measured * geometry.patch} px`,
    },
  };
}

const crossOf =
  (geometry: Geometry) =>
  (patch: PatchPosition): FigureMark => {
    const { x, y, width, height } = patchRectangle(geometry, patch);
    return { kind: "cross", x: x + width / 2, y: y + height / 2, isHeld: false };
  };

const markOf =
  (geometry: Geometry) =>
  ({ patch, kind }: ProbeResult["marks"][number], index: number): FigureMark => {
    const box = patchRectangle(geometry, patch);
    return kind === "outlier" ? { kind: "ring", box } : { kind: "box", box, text: `${index + 1}` };
  };
