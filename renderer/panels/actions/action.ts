/** What an action of the page is, and how its keys are written. */
import type { Page } from "../../store/layout-state.ts";
import type { Look } from "../../store/look.ts";

export const actionGroups = [
  "Pages",
  "Open",
  "Probe",
  "Layer",
  "Map",
  "Query",
  "Photograph",
  "Panes",
  "Space",
  "Timeline",
  "Training",
  "Measuring",
  "Window",
] as const;
export type ActionGroup = (typeof actionGroups)[number];

/** Where an action's keys work: on every page, on one, or while the timeline's slider has the focus. */
export type Scope = "everywhere" | Page | "timeline";

export interface Action {
  readonly id: string;
  /** As an order; no other action has the same. */
  readonly title: string;
  readonly group: ActionGroup;
  readonly scope: Scope;
  /**
   * Combinations such as `Mod+Shift+Z`, the first of them the one that is shown. `Mod` is Ctrl, or
   * Command on a Mac; keys are named as KeyboardEvent.key names them, letters in capitals, and Space.
   */
  readonly keys: readonly string[];
  /** By what else a person may look for it. */
  readonly words?: string;
  /** Of use by its key alone: not in the palette. */
  readonly isByKeyOnly?: true;
  isAvailable?(state: Look): boolean;
  /** @returns false when there was nothing to do; @param at timestamp of the event */
  run(state: Look, at?: number): unknown;
}

/** The parts of a KeyboardEvent that say what was pressed. */
export type Stroke = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"> &
  Partial<Pick<KeyboardEvent, "getModifierState">>;

/** How the pressed combination may be written in `Action.keys`, the most precise first. */
export function combinationsOf(stroke: Stroke): readonly string[] {
  const key = stroke.key === " " ? "Space" : stroke.key;
  const name = key.length === 1 ? key.toUpperCase() : key;
  // Where AltGr is what writes a bracket, it is part of the key.
  const isWriting = stroke.getModifierState?.("AltGraph") ?? false;
  const isMod = !isWriting && (stroke.ctrlKey || stroke.metaKey);
  const isAlt = !isWriting && stroke.altKey;
  const held = `${isMod ? "Mod+" : ""}${isAlt ? "Alt+" : ""}`;
  if (!stroke.shiftKey) return [`${held}${name}`];
  // Shift writes some characters, and stands for Caps Lock in others.
  const isPlain = key.length === 1 && held === "";
  return isPlain ? [`Shift+${name}`, name] : [`${held}Shift+${name}`];
}

const keyWords: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  PageUp: "Page up",
  PageDown: "Page down",
  Escape: "Esc",
};

/** The keys of a combination as they stand on a keyboard. */
export function keyCaps(combination: string, isMac = false): readonly string[] {
  return combination
    .split(/\+(?!$)/)
    .map((part) => (part === "Mod" ? (isMac ? "⌘" : "Ctrl") : (keyWords[part] ?? part)));
}

export const isMac = (): boolean =>
  typeof navigator !== "undefined" && /^Mac|iPhone|iPad/.test(navigator.platform);
