/** Whether every pane shows what it is asked for: its photograph, its map, and no older one in its place. */
import type { Look } from "../../store/look.ts";
import { seenIn } from "../../store/seen.ts";
import {
  featureRefOf,
  isHovered,
  photographOf,
  probeCallOf,
  spacePartner,
} from "../../store/selectors.ts";
import { isSpaceComplete } from "../../store/space-wishes.ts";
import { isArrived } from "../../store/timeline-view.ts";
import type { Pane } from "../../store/view-state.ts";
import { shownPanes } from "./figure-panes.ts";

export function isStageComplete(state: Look): boolean {
  if (state.activities.length > 0 || (state.timeline && !isArrived(state))) return false;
  return shownPanes(state).every((pane) => {
    if (pane === "space") return isSpaceShowable(state);
    return pane === "gram" ? isAnswered(state, "gram", "main") : isPaneComplete(state, pane);
  });
}

function isPaneComplete(state: Look, pane: Pane): boolean {
  const ref = featureRefOf(state, pane);
  if (!ref || !photographOf(state, pane)?.size) return false;
  if (!isHovered(seenIn(state, pane))) return isAnswered(state, pane, pane);
  return hasCosines(state, pane);
}

/** Colours by similarity, and the row that is marked on the surface, follow the query. */
export function isSpaceShowable(state: Look): boolean {
  const partner = spacePartner(state);
  const hasAll = hasCosines(state, "main") && (!partner || hasCosines(state, partner));
  return hasAll && isSpaceComplete(state);
}

function hasCosines(state: Look, pane: Pane): boolean {
  const ref = featureRefOf(state, pane);
  const isHeld = isSame(state.features[pane]?.ref, ref);
  return isHeld && ref !== undefined && state.cosine?.over[pane]?.model === ref.model;
}

function isAnswered(state: Look, slot: Pane | "gram", pane: Pane): boolean {
  const answer = state.answers[slot];
  // What cannot be asked yet, as a row of attention without a held patch, has no answer to wait for.
  const call = probeCallOf(state, slot);
  return isSame(
    [answer?.ref, answer?.call],
    call ? [featureRefOf(state, pane), call] : [answer?.ref, answer?.call],
  );
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
