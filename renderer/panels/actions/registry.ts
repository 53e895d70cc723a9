/** Every action of the page, once: the palette, the keys, the list of keys and tooltips all come from here. */
import type { Look } from "../../store/look.ts";
import { isMac, keyCaps, type Action } from "./action.ts";
import { lookActions } from "./look-actions.ts";
import { timelineActions } from "./timeline-actions.ts";
import { windowActions } from "./window-actions.ts";
import { workActions } from "./work-actions.ts";

export const actions: readonly Action[] = [
  ...windowActions,
  ...lookActions,
  ...timelineActions,
  ...workActions,
];

/** What can be done now on the page that is open, without what only a key does. */
export function availableActions(state: Look): readonly Action[] {
  return actions.filter(
    ({ scope, isByKeyOnly, isAvailable }) =>
      !isByKeyOnly &&
      (scope === "everywhere" || (scope === "timeline" ? "look" : scope) === state.page) &&
      (isAvailable?.(state) ?? true),
  );
}

const byId = new Map(actions.map((action) => [action.id, action]));

export function actionOf(id: string): Action {
  const action = byId.get(id);
  if (!action) throw new Error(`internal: no action ${id}`);
  return action;
}

/** For a tooltip: the words, and the action's keys behind them. */
export function withKeys(words: string, ...ids: readonly string[]): string {
  const combinations = ids.map((id) => keyCaps(actionOf(id).keys[0]!, isMac()).join("+"));
  return `${words} (${combinations.join(" and ")})`;
}
