/** What undo brings back on each page: how it is taken down, and how it is put in place again. */
import type { LookMoment, Moments, UndoPage } from "./history-state.ts";
import type { Photograph } from "./image-state.ts";
import type { Look } from "./look.ts";
import { writeView } from "./view-address.ts";
import { formatZoom } from "./zoom.ts";

interface Keeper<M> {
  now(state: Look): M;
  /** As text: a step that changes nothing of it is no step. */
  written(moment: M): string;
  restore(get: () => Look, set: (change: Partial<Look>) => void, moment: M): void;
}

const look: Keeper<LookMoment> = {
  now({ view, zoom, pinGrid, panes, columns, photographs, active, modelPath, timeline, layout }) {
    const { sizes: _, ...arrangement } = layout;
    const { folder, at, hold } = timeline ?? {};
    return {
      ...{ view, zoom, pinGrid, panes, columns, photographs, active },
      modelPath: timeline ? undefined : modelPath,
      run: { folder, at, hold },
      layout: arrangement,
    };
  },
  written: ({ view, zoom, pinGrid: _, photographs, ...rest }) =>
    JSON.stringify([writeView("", view), formatZoom(zoom), keysOf(photographs), rest]),
  restore(get, set, moment) {
    const { view, zoom, pinGrid, panes, columns } = moment;
    restoreRun(get, moment);
    get().putPhotographs(moment.photographs);
    set({ view, zoom, pinGrid, panes, columns, layout: { ...get().layout, ...moment.layout } });
    const { active, modelPath } = moment;
    if (active !== undefined && active !== get().active) void get().choose(active);
    if (modelPath !== undefined && modelPath !== get().modelPath) void get().openModel(modelPath);
  },
};

/** Before the view: closing and opening a run change its basis. */
function restoreRun(get: () => Look, { run: { folder, ...place } }: LookMoment): void {
  const { timeline } = get();
  get().pause();
  if (timeline?.folder !== folder) {
    if (folder === undefined) get().closeTimeline();
    else void get().openTimeline(folder, place);
    return;
  }
  if (!timeline) return;
  if (place.hold !== undefined) get().holdBasis(place.hold);
  if (place.at !== undefined) get().goTo(place.at);
}

const keysOf = (photographs: readonly Photograph[]) => photographs.map(({ key }) => key);

const train: Keeper<Moments["train"]> = {
  now: ({ recipe, runFolder }) => ({ recipe, runFolder }),
  written: (moment) => JSON.stringify(moment),
  restore(get, _, { recipe, runFolder }) {
    get().setRunFolder(runFolder);
    get().setRecipe(recipe);
  },
};

const measure: Keeper<Moments["measure"]> = {
  now: ({ compareForm, probeForm }) => ({ compareForm, probeForm }),
  written: (moment) => JSON.stringify(moment),
  restore: (_, set, moment) => set(moment),
};

const exporting: Keeper<Moments["export"]> = {
  now: ({ exportForm, verifyForm }) => ({ exportForm, verifyForm }),
  written: (moment) => JSON.stringify(moment),
  restore: (_, set, moment) => set(moment),
};

export const keepers: { readonly [P in UndoPage]: Keeper<Moments[P]> } = {
  look,
  train,
  measure,
  export: exporting,
};
