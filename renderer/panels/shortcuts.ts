/** Keys to actions: what a key does stands in the registry, when it belongs to something else stands here. */
import type { Look } from "../store/look.ts";
import { combinationsOf, type Stroke } from "./actions/action.ts";
import { actions } from "./actions/registry.ts";

type Press = Stroke & Pick<KeyboardEvent, "target" | "defaultPrevented" | "timeStamp">;

/** @param focus what of the page asks, where that has keys of its own; @returns whether the key was ours */
export function handleKey(event: Press, state: Look, focus?: "timeline"): boolean {
  const focused = elementOf(event.target);
  // What was closed a moment ago keeps the focus until the browser draws again.
  const target = focused?.closest(closed) ? undefined : focused;
  // A dialog has its own use for Escape and letters, also when what had the focus in it is gone.
  if (event.defaultPrevented || focused?.ownerDocument.querySelector("dialog:modal")) return false;
  // It closes what is open over the page.
  if (event.key === "Escape" && focused?.ownerDocument.querySelector(":popover-open")) return false;
  // On the Look page it first cancels and lets go, as the registry says.
  if (event.key === "Escape" && state.page !== "look") return state.closeLesson();
  for (const combination of combinationsOf(event)) {
    const action = actions.find(
      ({ scope, keys }) =>
        (focus ? scope === focus : scope === "everywhere" || scope === state.page) &&
        keys.includes(combination),
    );
    if (!action) continue;
    if (!focus && target && belongsTo(target, combination)) return false;
    if (action.isAvailable?.(state) === false) return false;
    return action.run(state, event.timeStamp) !== false;
  }
  return false;
}

const closed = "dialog:not([open]), [popover]:not(:popover-open)";
const fields = "textarea, input:not([type=range], [type=radio], [type=checkbox])";

/** Whether what has the focus has a use of its own for the key. */
function belongsTo(target: Element, combination: string): boolean {
  if (/^Mod\+(Shift\+)?[ZY]$/.test(combination)) return target.matches(fields);
  if (combination.startsWith("Mod+") || combination === "Escape") return false;
  // Space presses what has the focus; letters do nothing to a button.
  if (combination === "Space")
    return target.matches("button, summary, a, input, select, textarea, [role=slider]");
  // Sliders and radio buttons have their own use for these.
  if (combination.includes("Arrow") && target.matches("input")) return true;
  return target.matches(`select, ${fields}`);
}

const elementOf = (target: EventTarget | null): Element | undefined =>
  target && "closest" in target ? (target as Element) : undefined;
