/** Points of two photographs, and a surface, that are made up: what is drawn of them in space. */
import { colormapTable } from "../../engine/protocol/colormap.ts";
import type { Rgb } from "../../renderer/scene/space-colours.ts";
import type {
  PictureTheme,
  PointsContent,
  SpaceView,
  SurfaceContent,
} from "../../renderer/scene/space-picture.ts";
import { marks } from "../../renderer/scene/space-points.ts";

export const themes: Readonly<Record<"light" | "dark", PictureTheme>> = {
  light: { ink: [21, 24, 27], line: [217, 220, 224], paper: [244, 245, 246] },
  dark: { ink: [233, 235, 237], line: [42, 46, 51], paper: [16, 18, 20] },
};

/** Of the first photograph three fifths; some are held, asked about or under the pointer. */
export function pointsContent(count: number): PointsContent {
  const mainCount = Math.round(0.6 * count);
  const extent = [1, 0.7, 0.5] as const;
  const positions = Float32Array.from({ length: 3 * count }, (_, i) => {
    const at = Math.floor(i / 3);
    const wave = [Math.sin(at * 12.9898), Math.sin(at * 78.233 + 1), Math.sin(at * 37.719 + 2)];
    return extent[(i % 3) as 0 | 1 | 2] * wave[i % 3]!;
  });
  const kinds = new Uint8Array(count);
  kinds[3] = marks.held;
  kinds[11] = marks.asked;
  kinds[count - 4] = marks.pointed;
  return {
    kind: "points",
    points: { panes: ["main"], geometries: [], mainCount, count, positions, extent, axes: [] },
    colouring: (out) => {
      for (let i = 0; i < count; i++) {
        const hue: Rgb = [(37 * i) % 200, 60 + ((91 * i) % 180), (53 * i) % 256];
        out.set([...hue, 255], 4 * i);
      }
    },
    marks: kinds,
  };
}

export function surfaceContent(side: number): SurfaceContent {
  const values = Float32Array.from({ length: side * side }, (_, i) => {
    const [row, col] = [Math.floor(i / side) / side, (i % side) / side];
    return Math.sin(9 * row) * Math.cos(7 * col + 2 * row) * (0.5 + row / 2);
  });
  return {
    kind: "surface",
    field: { values, side, range: [-1, 1] },
    axes: [],
    table: colormapTable("viridis"),
    row: Math.floor(side / 3),
    col: Math.floor(side / 2),
  };
}

/** Near enough for the box to fill the pane: the picture is of all of the pane. */
export const sized = <Content extends { readonly kind: "points" | "surface" }>(
  content: Content,
): SpaceView<Content> => ({
  content,
  sight: {
    from: content.kind === "points" ? [1.2, 0.8, 1.7] : [0.95, 1.1, 1.35],
    toward: [0, 0, 0],
  },
  size: { width: 560, height: content.kind === "points" ? 480 : 320 },
});

/** As CSS has it. */
export const css = (colour: Rgb): string => `rgb(${colour.join(", ")})`;
