/** Draws the pane of points whenever the state changes, and of each change only what it touches. */
import { colormapTable } from "../../../engine/protocol/colormap.ts";
import { readColours, onStyleChange } from "../../charts/chart-colours.ts";
import type { Rgb } from "../../scene/space-colours.ts";
import { markPoints } from "../../scene/space-points.ts";
import type { SpaceScene } from "../../scene/space-scene.ts";
import type { Look, LookStore } from "../../store/look.ts";
import type { SpaceSight } from "../../store/space-sight.ts";
import {
  colourInputs,
  colouringOf,
  createPoints,
  createSurface,
  memory,
  type Surface,
} from "./space-content.ts";
import { askedPatches, crossOf } from "./space-shown.ts";

/** Wheels and keys make many steps of one turn; what is kept of it is where it ended. */
const restMs = 150;

export interface SpaceDrawing {
  /** What is drawn now, where it is a surface. */
  surface(): Surface | undefined;
  /** The pane has another size. */
  resized(): void;
  /** A turn ended, or was one step. */
  turned(): void;
  dispose(): void;
}

export function drawSpace(store: LookStore, scene: SpaceScene, host: HTMLElement): SpaceDrawing {
  const pointsOf = createPoints();
  const surfaceOf = createSurface();
  const whenColours = memory<true>();
  const whenMarks = memory<true>();
  let plain: Rgb = [128, 128, 128];
  let surface: Surface | undefined;
  let size = { width: 0, height: 0 };
  /** What the eye and the state agreed on last. */
  let seen: { readonly sight: SpaceSight | undefined; readonly isAbove: boolean } | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

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
    const query = askedPatches(state);
    whenMarks([points, view.patch, query, cursor], () => {
      scene.markPoints(markPoints(points, view.patch, query, cursor));
      return true;
    });
  };

  const drawSurface = (state: Look) => {
    surface = surfaceOf(state);
    scene.showSurface(surface?.field, surface?.axes ?? []);
    if (!surface) return;
    const { field } = surface;
    whenColours([field, state.view.colormap], () => {
      scene.recolourSurface(colormapTable(state.view.colormap));
      return true;
    });
    const { row, col } = crossOf(state, surface);
    whenMarks([field, row, col], () => {
      scene.markSurface(row, col);
      return true;
    });
  };

  /** The eye goes where the state says, unless it was the eye that said so. */
  const look = ({ sight, view }: Look) => {
    const isAbove = view.space === "surface";
    if (seen && seen.sight === sight && seen.isAbove === isAbove) return;
    seen = { sight, isAbove };
    scene.eye.isAbove = isAbove;
    scene.eye.sight = sight;
  };

  const rest = () => {
    clearTimeout(resting);
    resting = undefined;
    const { sight } = scene.eye;
    seen = { sight, isAbove: seen?.isAbove ?? false };
    store.getState().setSight(sight);
  };

  const resized = () => {
    const { clientWidth: width, clientHeight: height } = host;
    if (width < 1 || height < 1) return;
    size = { width, height };
    store.getState().setSpaceSize(size);
  };

  const draw = () => {
    const state = store.getState();
    // A session brings the size of the pane that it was saved from, and this is another.
    if (size.width > 0 && state.spaceSize !== size) {
      state.setSpaceSize(size);
      return;
    }
    look(state);
    if (state.view.space === "surface") {
      drawSurface(state);
    } else {
      surface = undefined;
      drawPoints(state);
    }
  };

  readTheme();
  resized();
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
    resized,
    turned: () => {
      clearTimeout(resting);
      resting = setTimeout(rest, restMs);
    },
    dispose: () => {
      if (resting !== undefined) rest();
      for (const stop of stops) stop();
    },
  };
}

/** @param css as getComputedStyle gives it: rgb(...) */
function rgbOf(css: string): Rgb {
  const [r = 128, g = 128, b = 128] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}
