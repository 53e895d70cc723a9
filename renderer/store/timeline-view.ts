/** What a timeline asks of the panes: the maps of a checkpoint that is not on the stage, and what is drawn. */
import type { ModelCard } from "../../engine/protocol/messages.ts";
import type { MapWish } from "./kept-maps.ts";
import type { Look } from "./look.ts";
import { ownParts, panesInSight, seenIn } from "./seen.ts";
import {
  answerOf,
  featureRefOf,
  isGramShown,
  isHovered,
  probeCallOf,
  querySlotOf,
  slotRefOf,
} from "./selectors.ts";
import type { Timeline } from "./timeline-state.ts";
import { spaceSlots } from "./space-state.ts";
import { spaceWish } from "./space-wishes.ts";
import type { Pane } from "./view-state.ts";

/**
 * Everything that the panes would show with another model.
 * @returns undefined while that cannot be said: no photograph yet, or no basis
 */
export function wishesFor(state: Look, model: ModelCard): MapWish[] | undefined {
  const seen: Look = { ...state, model, modelEpoch: state.epoch };
  const wishes: MapWish[] = [];
  for (const pane of panesInSight(seen)) {
    // A pane with a model of its own stays as it is.
    if (ownParts(seen, pane)?.model !== undefined) continue;
    const ref = featureRefOf(seen, pane);
    const call = probeCallOf(seen, pane);
    const hovered = isHovered(seenIn(seen, pane));
    if (!ref) return undefined;
    // Attention of a patch that nobody chose is asked of nobody.
    if (!call && !hovered && seenIn(seen, pane).view.probe !== "attention") return undefined;
    if (call || hovered) wishes.push({ ref, call });
    const source = hovered ? slotRefOf(seen, querySlotOf(seen, pane)) : undefined;
    if (source) wishes.push({ ref: source, call: undefined });
  }
  if (isGramShown(seen)) {
    const ref = featureRefOf(seen, "main");
    if (ref) wishes.push({ ref, call: probeCallOf(seen, "gram") });
  }
  wishes.push(...spaceSlots.flatMap((slot) => spaceWish(seen, slot) ?? []));
  return wishes;
}

/** The model whose map lies in a pane now. */
export function drawnModel(state: Look, pane: Pane): string | undefined {
  return isHovered(seenIn(state, pane))
    ? state.cosine?.over[pane]?.model
    : answerOf(state, pane)?.ref.model;
}

/** The step of a model that was opened from the run. */
export function stepOfModel(timeline: Timeline | undefined, model: string | undefined) {
  if (!timeline || model === undefined) return undefined;
  for (const [step, { id }] of timeline.cards) if (id === model) return step;
  return undefined;
}

/** Whether two models are checkpoints of the run: then one map may lie there until the next is ready. */
export function isOneSeries({ timeline }: Look, one: string, other: string): boolean {
  const has = (model: string) => stepOfModel(timeline, model) !== undefined;
  return one === other || (has(one) && has(other));
}

/** Whether every pane that follows the run shows the checkpoint that is wanted. */
export function isArrived(state: Look): boolean {
  const { timeline } = state;
  if (timeline?.at === undefined) return true;
  const wanted = timeline.cards.get(timeline.at)?.id;
  if (wanted === undefined) return false;
  return panesInSight(state).every((pane) => {
    if (ownParts(state, pane)?.model !== undefined) return true;
    // Attention of a patch that nobody chose has nothing to draw.
    const isIdle = seenIn(state, pane).view.probe === "attention" && !probeCallOf(state, pane);
    return (isIdle ? state.model?.id : drawnModel(state, pane)) === wanted;
  });
}

const shape = ["width", "depth", "heads", "patch", "registers", "feedForward"] as const;

/** In what two checkpoints of a run differ that may not; undefined where they do not. */
export function otherShape(card: ModelCard, first: ModelCard): string | undefined {
  const part = shape.find((name) => card[name] !== first[name]);
  return part && `expected ${part} ${first[part]} as the run's others have, received ${card[part]}`;
}
