/** The recipe editor without its looks: what a setting is, what differs, what is found, what is valid. */

import type { FieldDescription } from "../../../engine/protocol/training.ts";

export type { FieldDescription };
export type FieldTable = Readonly<Record<string, FieldDescription>>;

export interface PresetDescription {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly note: string;
}

/** What the engine says of a recipe as a whole. */
export interface RecipeFinding {
  readonly level: "error" | "warning";
  readonly keys: readonly string[];
  readonly message: string;
  /** Why the rule is there. */
  readonly rule: string;
  readonly hint: string;
}

export type RecipeValues = Readonly<Record<string, unknown>>;
export type SettingPath = readonly (string | number)[];

/** Chosen above the settings, not among them. */
const notShown = new Set(["preset"]);

const groupTitles: Readonly<Record<string, string>> = {
  run: "Run",
  data: "Data",
  crops: "Crops",
  augmentation: "Augmentation",
  heads: "Heads",
  losses: "Losses",
  gram: "Gram anchoring",
  masks: "Masks",
  optimiser: "Optimiser",
  teacher: "Teacher",
  distillation: "Distillation",
  files: "Checkpoints and files",
};

export interface SettingGroup {
  readonly name: string;
  readonly title: string;
  readonly keys: readonly string[];
}

/** Groups in their order; those that the page does not know come last, by their own name. */
export function groupsOf(fields: FieldTable): SettingGroup[] {
  const names = new Set([
    ...Object.keys(groupTitles),
    ...Object.values(fields).map(({ group }) => group),
  ]);
  return [...names]
    .map((name) => ({
      name,
      title: groupTitles[name] ?? sentence(name),
      keys: Object.keys(fields).filter((key) => fields[key]!.group === name && !notShown.has(key)),
    }))
    .filter(({ keys }) => keys.length > 0);
}

const properNames: Readonly<Record<string, string>> = {
  dino: "DINO",
  ibot: "iBOT",
  koleo: "KoLeo",
  gram: "Gram",
  rope: "RoPE",
  lr: "LR",
  mlp: "MLP",
  cls: "CLS",
};

/** "dinoLocalWeight": "DINO local weight". */
export function titleOf(key: string): string {
  const words = key.replace(/([a-z])([A-Z0-9])/g, "$1 $2").split(" ");
  return sentence(
    words.map((word) => properNames[word.toLowerCase()] ?? word.toLowerCase()).join(" "),
  );
}

/** iBOT keeps its small letter. */
const sentence = (text: string) =>
  text.startsWith("iBOT") ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** The value at a path; undefined where it leads nowhere. */
export function valueAt(recipe: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    recipe,
  );
}

/** A recipe with another value at a path; what does not lie on the path is kept as it is. */
export function setValue<T>(recipe: T, path: SettingPath, value: unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return value as T;
  const inner = setValue((recipe as Record<string | number, unknown>)[key], rest, value);
  if (Array.isArray(recipe)) return recipe.with(Number(key), inner) as T;
  return { ...recipe, [key]: inner };
}

/** Whether a setting has another value than in the preset. */
export const differs = (recipe: RecipeValues, base: RecipeValues, key: string): boolean =>
  !isEqual(recipe[key], base[key]);

/** By content; the order of keys says nothing. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

/** Whether every word of a search is in a setting's name, its help or those of its parts. */
export function matches(key: string, field: FieldDescription, search: string): boolean {
  const text = searchText(key, field).toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function searchText(
  key: string,
  { help, source, choices = [], parts, item }: FieldDescription,
): string {
  const inner = Object.entries({ ...parts, ...item?.parts });
  return [
    key,
    titleOf(key),
    help,
    source,
    ...choices,
    ...inner.map(([name, part]) => searchText(name, part)),
  ].join(" ");
}

/** What an entry of a list starts with, and a setting that was null. */
export function startOf(field: FieldDescription): unknown {
  if (field.default !== null) return structuredClone(field.default);
  switch (field.kind) {
    case "boolean":
      return false;
    case "choice":
    case "choiceOrObject":
      return field.choices?.[0] ?? "";
    case "object":
      return partsOf(field);
    case "list":
      return [];
    case "integer":
    case "number":
    case "text":
      // Nothing is a sensible guess: a person types it.
      return null;
  }
}

/** An object of a field with each part at its start. */
export const partsOf = ({ parts = {} }: FieldDescription): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, startIn(part)]));

const startIn = (part: FieldDescription) => (part.nullable ? null : startOf(part));

export type Parsed<T> = { readonly value: T } | { readonly message: string };

/** A number as a person types it: "5e-4", "−1", "1_000". One message where it is none or not allowed. */
export function parseNumber(text: string, field: FieldDescription): Parsed<number> {
  const plain = text
    .trim()
    .replace("−", "-")
    .replace(/(?<=\d)_(?=\d)/g, "");
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain);
  const value = Number(plain);
  const [low, high] = field.range ?? [-Infinity, Infinity];
  const isAllowed = isNumber && Number.isFinite(value) && value >= low && value <= high;
  if (isAllowed && (field.kind === "number" || Number.isSafeInteger(value))) return { value };
  const received = text.trim() === "" ? "nothing" : `“${text.trim().slice(0, 30)}”`;
  return { message: `Expected ${describeNumber(field)}, received ${received}.` };
}

/** "an integer from 1 to 64 (patches)". */
export function describeNumber({ kind, range, unit }: FieldDescription): string {
  const noun = kind === "integer" ? "an integer" : "a number";
  const from = range ? ` from ${shortNumber(range[0])} to ${shortNumber(range[1])}` : "";
  return `${noun}${from}${unit ? ` (${unit})` : ""}`;
}

/** In sentences: "100,000,000", "0.001", "1e-12". */
const shortNumber = (value: number) =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toLocaleString("en-US") : String(value);

/** As it can be typed again: "0.0005", "1e-8". */
export const formatNumber = (value: number): string => String(value);

export const parseText = (text: string): Parsed<string> =>
  text.trim() === "" ? { message: "Expected text, received nothing." } : { value: text };

/** A value in a few words, as the tooltip of "reset" says it. */
export function formatSetting(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 0) return "empty";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
