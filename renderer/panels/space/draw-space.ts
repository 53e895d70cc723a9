/** Draws the pane of points whenever the state changes, and of each change only what it touches. */
import { colormapTable } from "../../../engine/protocol/colormap.ts";
import { readColours, onStyleChange } from "../../charts/chart-colours.ts";
import type { Rgb } from "../../scene/space-colours.ts";
import { markPoints } from "../../scene/space-points.ts";
import type { SpaceScene } from "../../scene/space-scene.ts";
import type { Look, LookStore } from "../../store/look.ts";
import { askedToken } from "../../store/selectors.ts";
import {
  colourInputs,
  colouringOf,
  createPoints,
  createSurface,
  memory,
  type Surface,
} from "./space-content.ts";

export interface SpaceDrawing {
  /** What is drawn now, where it is a surface. */
  surface(): Surface | undefined;
  dispose(): void;
}

export function drawSpace(store: LookStore, scene: SpaceScene, host: HTMLElement): SpaceDrawing {
  const pointsOf = createPoints();
  const surfaceOf = createSurface();
  const whenColours = memory<true>();
  const whenMarks = memory<true>();
  let plain: Rgb = [128, 128, 128];
  let surface: Surface | undefined;

  const readTheme = () => {
    const { ink, line, faintInk } = readColours(host);
    scene.setTheme({ ink, line, paper: getComputedStyle(host).backgroundColor });
    plain = rgbOf(faintInk);
  };

  const drawPoints = (state: Look) => {
    const points = pointsOf(state);
    scene.showPoints(points);
    if (!points) return;
    whenColours([...colourInputs(state, points), ...plain], () => {
      scene.recolourPoints(colouringOf(state, points, plain));
      return true;
    });
    const { view, cursor } = state;
    const query = askedToken(state) === "patch" ? state.query : none;
    whenMarks([points, view.patch, query, cursor], () => {
      scene.markPoints(markPoints(points, view.patch, query, cursor));
      return true;
    });
  };

  const drawSurface = (state: Look) => {
    surface = surfaceOf(state);
    scene.showSurface(surface?.field, surface?.axes ?? []);
    if (!surface) return;
    const { field, order } = surface;
    whenColours([field, state.view.colormap], () => {
      scene.recolourSurface(colormapTable(state.view.colormap));
      return true;
    });
    const [row] = state.query;
    const col = state.cursor?.pane === "main" ? state.cursor.patch : undefined;
    const place = (patch: typeof col) => patch && Math.floor(order.placeOf(patch) * field.side);
    whenMarks([field, row, col], () => {
      scene.markSurface(place(row), place(col));
      return true;
    });
  };

  const draw = () => {
    const state = store.getState();
    if (state.view.space === "surface") {
      drawSurface(state);
    } else {
      surface = undefined;
      drawPoints(state);
    }
  };

  readTheme();
  draw();
  const stops = [
    store.subscribe(draw),
    onStyleChange(() => {
      readTheme();
      draw();
    }),
  ];
  return {
    surface: () => surface,
    dispose: () => {
      for (const stop of stops) stop();
    },
  };
}

const none: Look["query"] = [];

/** @param css as getComputedStyle gives it: rgb(...) */
function rgbOf(css: string): Rgb {
  const [r = 128, g = 128, b = 128] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}
