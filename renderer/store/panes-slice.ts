/** The panes beside the main one: opened, changed, linked and arranged. */
import { toWireError } from "../../engine/protocol/errors.ts";
import type { Slice } from "./look.ts";
import { mostPanes, type OtherPane, type OtherPaneId, type PanesState } from "./panes-state.ts";
import { seenIn } from "./seen.ts";
import type { View } from "./view-state.ts";

/** So many are computed before anybody has scrolled; the others when they come into sight. */
const firstInSight = 12;

export const panesSlice: Slice<PanesState> = (set, get, { engine }) => {
  const edit = (id: OtherPaneId, change: (pane: OtherPane) => OtherPane) =>
    set({ panes: get().panes.map((pane) => (pane.id === id ? change(pane) : pane)) });

  const without = (id: OtherPaneId) => {
    const others = get().panes.filter((pane) => pane.id !== id);
    // A pane that stood against the one that goes stands alone.
    return others.map((pane) =>
      pane.against?.pane === id ? { ...pane, against: undefined } : pane,
    );
  };

  return {
    panes: [],
    columns: undefined,
    cards: new Map(),
    cardProblems: new Map(),
    hidden: new Set(),
    ownQueries: {},
    addPane(parts = {}) {
      const { panes, record } = get();
      if (panes.length + 1 >= mostPanes) {
        get().notify("note", `There are ${mostPanes} panes, which is the most at once.`);
        return undefined;
      }
      record("panes");
      const id = nextId(panes);
      set({ panes: [...panes, { view: {}, ...parts, id }] });
      return id;
    },
    changePane(id, change) {
      get().record(`${id} ${Object.keys(change).sort().join(" ")}`);
      edit(id, (pane) => ({ ...pane, ...change }));
    },
    changePaneView(id, change) {
      get().record(`${id} ${Object.keys(change).sort().join(" ")}`);
      edit(id, (pane) => ({ ...pane, view: defined({ ...pane.view, ...change }) }));
    },
    setLink(id, link, isLinked) {
      const { zoom, view } = seenIn(get(), id);
      if (link === "zoom") get().changePane(id, { zoom: isLinked ? undefined : zoom });
      else {
        const field = link === "query" ? "patch" : link;
        get().changePaneView(id, { [field]: isLinked ? undefined : view[field] });
        if (link === "query") {
          const { [id]: _before, ...others } = get().ownQueries;
          set({ ownQueries: isLinked ? others : { ...others, [id]: get().query } });
        }
      }
    },
    closePane(id) {
      get().record("panes");
      set({ panes: without(id) });
    },
    closePanes() {
      if (get().panes.length === 0) return;
      get().record("panes");
      set({ panes: [], columns: undefined });
    },
    async toggleBeside(key) {
      const { panes, active } = get();
      const own = panes.find(({ photograph }) => photograph === key);
      if (own) {
        get().closePane(own.id);
        return;
      }
      if (key === active) return;
      const id = get().addPane({ photograph: key });
      if (id && !(await get().ensureOpen(key))) set({ panes: without(id) });
    },
    arrange(columns, cells) {
      get().record("panes");
      const kept = cells.slice(0, mostPanes);
      const panes = kept
        .slice(1)
        .map((cell, index) => ({ ...cell, id: `pane${index + 1}` as const }));
      set({ panes, columns, hidden: new Set(panes.slice(firstInSight).map(({ id }) => id)) });
    },
    async openCard(path) {
      const name = path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
      const reply = await get().run(
        `Opening ${name}`,
        async (options) => {
          try {
            return { card: await engine.call("model.open", { path }, options) };
          } catch (error) {
            // Said in the pane that asked for it.
            const { code, message, hint } = toWireError(error);
            return { problem: code === "connection.lost" ? undefined : { message, hint } };
          }
        },
        `card ${path}`,
      );
      if (reply?.card) set({ cards: new Map(get().cards).set(path, reply.card) });
      const problem = reply
        ? reply.problem
        : { message: "Opening it was cancelled.", hint: undefined };
      if (problem) set({ cardProblems: new Map(get().cardProblems).set(path, problem) });
    },
    setInSight(pane, isInSight) {
      if (get().hidden.has(pane) !== isInSight) return;
      const hidden = new Set(get().hidden);
      if (isInSight) hidden.delete(pane);
      else hidden.add(pane);
      set({ hidden });
    },
  };
};

/** Numbers count on, so that a pane that was closed is not another one's. */
function nextId(panes: readonly OtherPane[]): OtherPaneId {
  const numbers = panes.map(({ id }) => Number(id.slice("pane".length)));
  return `pane${Math.max(0, ...numbers) + 1}`;
}

/** A field that is undefined would hide the main pane's. */
function defined(view: { readonly [K in keyof View]?: View[K] | undefined }): Partial<View> {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}
