/** All actions that have keys, by where the keys work: for the sheet and for docs/keys.md. */
import type { Action, Scope } from "./action.ts";
import { actions } from "./registry.ts";

const titles: readonly (readonly [Scope, string])[] = [
  ["everywhere", "On every page"],
  ["look", "Look"],
  ["timeline", "The timeline's slider, while it has the focus"],
  ["train", "Train"],
  ["measure", "Measure"],
  ["export", "Export"],
];

export function keysByScope(): readonly { title: string; list: readonly Action[] }[] {
  return titles
    .map(([scope, title]) => ({
      title,
      list: actions.filter((action) => action.scope === scope && action.keys.length > 0),
    }))
    .filter(({ list }) => list.length > 0);
}
