/** What one pane sees: the whole state, with the pane's own parts in place of the main pane's. */
import type { Look } from "./look.ts";
import type { Link, OtherPane } from "./panes-state.ts";
import type { Pane } from "./view-state.ts";

/** A state never changes, so what a pane sees in it is worked out once. */
const known = new WeakMap<Look, Map<Pane, Look>>();

export function seenIn(state: Look, pane: Pane): Look {
  const own = ownParts(state, pane);
  if (!own) return state;
  let byPane = known.get(state);
  if (!byPane) known.set(state, (byPane = new Map<Pane, Look>()));
  let seen = byPane.get(pane);
  if (!seen) byPane.set(pane, (seen = overlaid(state, own)));
  return seen;
}

function overlaid(state: Look, { photograph, model, view, zoom }: OtherPane): Look {
  return {
    ...state,
    view: { ...state.view, ...view },
    active: photograph ?? state.active,
    zoom: zoom ?? state.zoom,
    ...(model === undefined ? {} : { model: state.cards.get(model), modelEpoch: state.epoch }),
  };
}

/** Undefined for the main pane, and for one that is closed. */
export function ownParts({ panes }: Look, pane: Pane): OtherPane | undefined {
  return pane === "main" ? undefined : panes.find(({ id }) => id === pane);
}

/** Every pane, the main one first. */
export function allPanes({ panes }: Look): Pane[] {
  return ["main", ...panes.map(({ id }) => id)];
}

/** Those whose pictures somebody can see. */
export function panesInSight(state: Look): Pane[] {
  return allPanes(state).filter((pane) => pane === "main" || !state.hidden.has(pane));
}

/** Whether a pane follows the main one in this; the main pane follows itself. */
export function isLinked(state: Look, pane: Pane, link: Link): boolean {
  const own = ownParts(state, pane);
  if (!own) return true;
  switch (link) {
    case "query":
      return own.view.patch === undefined;
    case "zoom":
      return own.zoom === undefined;
    case "range":
      return own.view.range === undefined;
    case "basis":
      return own.view.basis === undefined;
  }
}

/** Whether the pane lies over the main pane's photograph. */
export function isSamePhotograph(state: Look, pane: Pane): boolean {
  return seenIn(state, pane).active === state.active;
}

/** Against which other pane a pane is shown; both must lie over one photograph. */
export function againstIn(state: Look, pane: Pane): OtherPane["against"] {
  const against = ownParts(state, pane)?.against;
  if (!against || against.pane === pane) return undefined;
  const isThere = against.pane === "main" || ownParts(state, against.pane) !== undefined;
  const isOne = seenIn(state, pane).active === seenIn(state, against.pane).active;
  return isThere && isOne ? against : undefined;
}
