/** What a timeline asks of the panes: the maps of a checkpoint that is not on the stage, and what is drawn. */
import type { ModelCard } from "../../engine/protocol/messages.ts";
import type { MapWish } from "./kept-maps.ts";
import type { Look } from "./look.ts";
import {
  answerOf,
  featureRefOf,
  isCompared,
  isGramShown,
  isHovered,
  probeCallOf,
} from "./selectors.ts";
import type { AnswerSlot } from "./probe-state.ts";
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
  const slots: AnswerSlot[] = [
    "main",
    ...(isCompared(seen) ? (["second"] as const) : []),
    ...(isGramShown(seen) ? (["gram"] as const) : []),
  ];
  const wishes: MapWish[] = [];
  for (const slot of slots) {
    const ref = featureRefOf(seen, slot === "second" ? "second" : "main");
    if (!ref) return undefined;
    const call = probeCallOf(seen, slot);
    // Attention of a patch that nobody chose is asked of nobody.
    if (!call && !(isHovered(seen) || seen.view.probe === "attention")) return undefined;
    if (call || isHovered(seen)) wishes.push({ ref, call });
  }
  wishes.push(...spaceSlots.flatMap((slot) => spaceWish(seen, slot) ?? []));
  return wishes;
}

/** The model whose map lies in a pane now. */
export function drawnModel(state: Look, pane: Pane): string | undefined {
  if (!isHovered(state)) return answerOf(state, pane)?.ref.model;
  return pane === "main" ? state.cosine?.model : state.secondFeatures?.ref.model;
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

/** Whether the main pane shows the checkpoint that is wanted. */
export function isArrived(state: Look): boolean {
  const { timeline } = state;
  if (timeline?.at === undefined) return true;
  const wanted = timeline.cards.get(timeline.at)?.id;
  return wanted !== undefined && drawnModel(state, "main") === wanted;
}

const shape = ["width", "depth", "heads", "patch", "registers", "feedForward"] as const;

/** In what two checkpoints of a run differ that may not; undefined where they do not. */
export function otherShape(card: ModelCard, first: ModelCard): string | undefined {
  const part = shape.find((name) => card[name] !== first[name]);
  return part && `expected ${part} ${first[part]} as the run's others have, received ${card[part]}`;
}
