/** What the stage shows, taken for a figure; what is drawn in space is drawn again once its size is known. */
import type { FigureLookInput, FigurePaneInput } from "../../../engine/protocol/figure.ts";
import type { LookStore } from "../../store/look.ts";
import { sceneOf } from "../space/open-space.ts";
import { figurePaneOf, shownPanes, type ShownPane } from "./figure-panes.ts";
import { spacePane, withSpacePicture } from "./space-figure.ts";

export interface TakenPane {
  readonly name: ShownPane | `chart ${number}`;
  readonly pane: FigurePaneInput;
}

/** The charts that were chosen, or the panes that have something to show, in the order in which they lie on the stage. */
export function takenPanes(store: LookStore): TakenPane[] {
  const state = store.getState();
  const charts = state.figureCharts?.panes;
  if (charts) return charts.map((pane, i) => ({ name: `chart ${i}`, pane }));
  const scene = sceneOf(store);
  return shownPanes(state).flatMap((name) => {
    const pane =
      name !== "space" ? figurePaneOf(state, name) : scene ? spacePane(state, scene) : undefined;
    return pane ? [{ name, pane }] : [];
  });
}

/** @throws EngineError of the engine */
export async function finishedPanes(
  store: LookStore,
  taken: readonly TakenPane[],
  look: FigureLookInput,
  signal: AbortSignal,
): Promise<FigurePaneInput[]> {
  const panes = taken.map(({ pane }) => pane);
  const scene = sceneOf(store);
  if (!scene || !taken.some(({ name }) => name === "space")) return panes;
  const views = panes.map(({ view }) => view);
  const { sizes } = await store.getState().figureSizes({ views, look }, { signal });
  return panes.map((pane, i) => {
    const size = sizes[i]!;
    // The engine says what to do about a picture without a pixel.
    if (taken[i]!.name !== "space" || size.width < 1 || size.height < 1) return pane;
    return withSpacePicture(pane, scene, size, look.ground ?? "light");
  });
}
