/**
 * Upstream checkpoint names to ours (model/params.ts) and back, by the tables of dinov3-names.ts,
 * family-names.ts and convnext-names.ts.
 */
import { convNextTables } from "./convnext-names.ts";
import { huggingFace, official, officialVit, timm } from "./dinov3-names.ts";
import { familyNameTables } from "./family-names.ts";
import type { NameTable, Spelling } from "./name-table.ts";

/** Prefixes that wrappers put before a name; any number of them, in any order. */
export const prefixes = [
  "teacher.backbone.",
  "model.",
  "backbone.",
  "dinov3_vit.",
  "dinov3_convnext.",
  "module.",
] as const;

const dinov3Tables: readonly NameTable[] = [huggingFace, official, timm];
const nameTables: readonly NameTable[] = [
  ...dinov3Tables,
  officialVit,
  ...familyNameTables,
  ...convNextTables,
];

/** Whether a spelling is one of a ConvNeXt's. */
export function isConvNextSpelling(spelling: Spelling | undefined): boolean {
  return convNextTables.some(({ source }) => source === spelling);
}

/** Whether a spelling is one of the vision transformer of DINOv3. */
export function isDinov3Spelling(spelling: Spelling | undefined): boolean {
  return spelling === undefined || dinov3Tables.some(({ source }) => source === spelling);
}

/**
 * How most names of a file are spelled; undefined where none is known.
 * @param names without the prefix of their network
 */
export function spellingOf(names: readonly string[]): Spelling | undefined {
  const votes = new Map<Spelling, number>();
  for (const name of names) {
    const found = patternOf(name);
    for (const table of nameTables) {
      // What timm says in its own way stands among official names.
      const has = isIn(table, found) || (table === official && isIn(timm, found));
      if (has) votes.set(table.source, (votes.get(table.source) ?? 0) + 1);
    }
  }
  // At a tie the first table has it, which is DINOv3's.
  return [...votes].sort(
    ([one, a], [other, b]) => b - a || tableIndex(one) - tableIndex(other),
  )[0]?.[0];
}

function isIn({ params, fused }: NameTable, name: NamePattern): boolean {
  return (entryOf(params, name) ?? entryOf(fused, name)) !== undefined;
}

/** The name itself, else its pattern. */
function entryOf<T>(table: Readonly<Record<string, T>>, { bare, pattern }: NamePattern) {
  const key = [bare, pattern].find((candidate) => Object.hasOwn(table, candidate));
  return key === undefined ? undefined : table[key];
}

function tableIndex(spelling: Spelling): number {
  return nameTables.findIndex(({ source }) => source === spelling);
}

/** What an upstream name is: one of our parameters, several in one, something to drop, or neither. */
export type NameMatch =
  | { readonly kind: "param"; readonly ours: string; readonly source: Spelling }
  | { readonly kind: "fused"; readonly ours: readonly string[]; readonly source: Spelling }
  | { readonly kind: "dropped" }
  | { readonly kind: "unknown" };

/** What wrappers put between the parts of a name: compilation, activation checkpointing, sharding. */
const wrapped = /(?<=^|\.)(_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module)\./g;

/** The upstream name without what wrappers add. */
export function stripPrefixes(name: string): string {
  const bare = name.replace(wrapped, "");
  const prefix = prefixes.find((candidate) => bare.startsWith(candidate));
  return prefix === undefined ? bare : stripPrefixes(bare.slice(prefix.length));
}

/**
 * Look an upstream name up.
 * @param spelling of the file; its tables alone are asked then, DINOv3's three as one
 */
export function matchName(name: string, spelling?: Spelling): NameMatch {
  const found = patternOf(name);
  const numbered = (ours: string) => ours.replace("#", (found.number ?? "").padStart(2, "0"));
  for (const { params, fused, dropped, source } of tablesOf(spelling)) {
    const param = entryOf(params, found);
    if (param !== undefined) return { kind: "param", ours: numbered(param), source };
    const parts = entryOf(fused, found);
    if (parts) return { kind: "fused", ours: parts.map(numbered), source };
    if (dropped.some((known) => isOfPattern(found.pattern, known))) return { kind: "dropped" };
  }
  return { kind: "unknown" };
}

function tablesOf(spelling: Spelling | undefined): readonly NameTable[] {
  if (spelling === undefined) return nameTables;
  if (isDinov3Spelling(spelling)) return dinov3Tables;
  return nameTables.filter(({ source }) => source === spelling);
}

function isOfPattern(pattern: string, known: string): boolean {
  return known.endsWith("*") ? pattern.startsWith(known.slice(0, -1)) : pattern === known;
}

interface NamePattern {
  /** Without what wrappers add. */
  readonly bare: string;
  /** With `#` for the number of its block, the last one. */
  readonly pattern: string;
  readonly number: string | undefined;
}

function patternOf(name: string): NamePattern {
  // DINOv2's training code keeps blocks in chunks, numbered through: "blocks.1.7." is block 7.
  const bare = stripPrefixes(name).replace(/^blocks\.\d{1,3}\.(?=\d{1,3}\.)/, "blocks.");
  // A file may claim any block; no backbone has a thousand.
  const match = /^(.*\.)(\d{1,3})(\..*)$/s.exec(bare);
  if (!match) return { bare, pattern: bare, number: undefined };
  const [, before, number, after] = match;
  return { bare, pattern: `${before}#${after}`, number };
}

/** How a parameter of ours is spelled upstream; for messages. */
export function upstreamName(ours: string, spelling: Spelling = "Hugging Face"): string {
  return upstreamPlace(ours, spelling).name;
}

/** A tensor of a file, and which of the equal parts of its first axis a parameter is. */
export interface UpstreamPlace {
  readonly name: string;
  readonly index: number;
  readonly count: number;
}

/** Of a gated feed-forward, where others have other names. */
const gatedName = /\.mlp\.(fc1_[gx]|w\d+|weights_(in|out))\./;

/**
 * Where a spelling has a parameter of ours; under our own name where it has none.
 * @param isGated whether the feed-forward has gates, where it matters: some spellings have other names
 *   for its parts then, or join them
 */
export function upstreamPlace(
  ours: string,
  spelling: Spelling = "Hugging Face",
  isGated?: boolean,
): UpstreamPlace {
  const number = /(?:^|\.)block(\d+)\./.exec(ours)?.[1];
  const pattern = number === undefined ? ours : ours.replace(`block${number}.`, "block#.");
  const numbered = (found: string) => found.replace("#", String(Number(number)));
  // What timm does not say in its own way it says in the official one.
  const own = nameTables.filter(({ source }) => source === spelling);
  const order = spelling === "timm" ? [...own, official] : own;
  for (const { params, fused } of order) {
    const alone = () => {
      const names = Object.keys(params).filter((name) => params[name] === pattern);
      const fitting = isGated === false ? names.filter((name) => !gatedName.test(name)) : names;
      const gated = isGated ? fitting.find((one) => gatedName.test(one)) : undefined;
      const name = gated ?? fitting[0];
      return name === undefined ? undefined : { name: numbered(name), index: 0, count: 1 };
    };
    const among = () => {
      const found = Object.entries(fused).find(([, parts]) => parts.includes(pattern));
      if (!found) return undefined;
      const [name, parts] = found;
      return { name: numbered(name), index: parts.indexOf(pattern), count: parts.length };
    };
    // Gates are joined with what they gate where a spelling joins anything of a feed-forward.
    const place = isGated ? (among() ?? alone()) : (alone() ?? among());
    if (place) return place;
  }
  return { name: ours, index: 0, count: 1 };
}
