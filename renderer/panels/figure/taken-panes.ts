/** What the stage shows, taken for a figure; what is drawn in space is drawn again once its size is known. */
import type { FigureLookInput, FigurePaneInput } from "../../../engine/protocol/figure.ts";
import type { LookStore } from "../../store/look.ts";
import { figurePaneOf, shownPanes, type ShownPane } from "./figure-panes.ts";
import { takeSpace, type TakenSpace } from "./space-figure.ts";

export interface TakenPane {
  readonly name: ShownPane | `chart ${number}`;
  readonly pane: FigurePaneInput;
  /** Of the pane of space. */
  readonly draw?: TakenSpace["draw"];
}

/** The charts that were chosen, or the panes that have something to show, in the order in which they lie on the stage. */
export function takenPanes(store: LookStore): TakenPane[] {
  const state = store.getState();
  const charts = state.figureCharts?.panes;
  if (charts) return charts.map((pane, i) => ({ name: `chart ${i}`, pane }));
  return shownPanes(state).flatMap((name): TakenPane[] => {
    if (name === "space") {
      const taken = takeSpace(state);
      return taken ? [{ name, ...taken }] : [];
    }
    const pane = figurePaneOf(state, name);
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
  if (!taken.some(({ draw }) => draw)) return panes;
  const views = panes.map(({ view }) => view);
  const { sizes } = await store.getState().figureSizes({ views, look }, { signal });
  const finish = async ({ pane, draw }: TakenPane, i: number) => {
    const size = sizes[i]!;
    // The engine says what to do about a picture without a pixel.
    if (!draw || size.width < 1 || size.height < 1) return pane;
    return draw(size, look.ground ?? "light", signal);
  };
  return Promise.all(taken.map(finish));
}
