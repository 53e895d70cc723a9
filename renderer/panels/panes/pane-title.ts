/** What a pane is called: in what it differs from the main one. */
import { probeLabels } from "../../store/probe-slice.ts";
import type { Look } from "../../store/look.ts";
import { allPanes, ownParts, seenIn } from "../../store/seen.ts";
import { photographOf } from "../../store/selectors.ts";
import type { Pane } from "../../store/view-state.ts";
import { formatCount } from "../numbers.ts";

/** "step 4,000 · block 3 · rocket.jpg", or "pane 2" where nothing differs. */
export function paneTitle(state: Look, pane: Pane): string {
  const own = ownParts(state, pane);
  if (!own) return "pane 1";
  const { view } = own;
  const { model } = seenIn(state, pane);
  const unit = model?.stages ? "stage" : "block";
  const parts = [
    own.model === undefined ? undefined : modelName(state, own.model),
    view.layer === undefined
      ? undefined
      : `${unit} ${view.layer === "last" ? (model?.depth ?? "last") : view.layer + 1}`,
    view.probe === undefined ? undefined : probeLabels[view.probe],
    view.norm === undefined ? undefined : view.norm ? "after norm" : "before norm",
    own.photograph === undefined || own.photograph === state.active
      ? undefined
      : photographOf(state, pane)?.name,
  ];
  const title = parts.filter((part) => part !== undefined).join(" · ");
  return title === "" ? `pane ${paneNumber(state, pane)}` : title;
}

/** Panes are counted from 1, the main one. */
export const paneNumber = (state: Look, pane: Pane): number => allPanes(state).indexOf(pane) + 1;

/** A checkpoint of the run by its step, else the model's name, else its folder's. */
export function modelName(state: Look, path: string): string {
  const checkpoint = state.timeline?.checkpoints.find((one) => one.path === path);
  if (checkpoint) return `step ${formatCount(checkpoint.step)}`;
  const card = state.cards.get(path);
  return card?.name ?? path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
