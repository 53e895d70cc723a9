/** What a figure says of itself: the settings of its panes in one paragraph, and its recipe as JSON. */
import type { FigurePane, RecipeLine } from "../protocol/figure.ts";
import type { Words } from "./drawing.ts";

/** "a", "b", ... "z", "aa": how a caption speaks of one of several panes. */
export function letterOf(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

/** How a caption calls some of the panes, by their places: "a, c", or the title of a column. */
export type Naming = (members: readonly number[]) => string;

export const byLetters: Naming = (members) => members.map(letterOf).join(", ");

/** Whole columns and rows by their titles, others by their own. */
export function byTitles(
  titles: readonly string[],
  columns: readonly string[],
  rows: readonly string[],
): Naming {
  const wide = columns.length;
  const groups = new Map<string, string>();
  columns.forEach((title, column) =>
    groups.set(rows.map((_, row) => row * wide + column).join(), title),
  );
  rows.forEach((title, row) =>
    groups.set(columns.map((_, column) => row * wide + column).join(), title),
  );
  return (members) =>
    groups.get(members.join()) ?? members.map((member) => titles[member]).join("; ");
}

/** Settings that all panes share, once; then what differs, for each group of panes that share it. */
export function settingsCaption(
  panes: readonly Pick<FigurePane, "recipe">[],
  naming: Naming,
): string {
  const groups = new Map<string, { members: number[]; lines: RecipeLine[] }>();
  const recipes = panes.map(({ recipe }) => shortened(recipe));
  const told = new Set<string>();
  for (const line of recipes.flat()) {
    const text = JSON.stringify([line.label, line.text]);
    if (told.has(text)) continue;
    told.add(text);
    const members = recipes.flatMap((recipe, i) => (isIn([recipe])(line) ? [i] : []));
    const group = groups.get(members.join());
    if (group) group.lines.push(line);
    else groups.set(members.join(), { members, lines: [line] });
  }
  const isAll = ({ members }: { members: number[] }) => members.length === panes.length;
  const ordered = [...groups.values()].sort((a, b) => Number(isAll(b)) - Number(isAll(a)));
  return ordered
    .map((group) => `${isAll(group) ? "" : `(${naming(group.members)}) `}${sentence(group.lines)}`)
    .join(" ");
}

/** Only what all of them share: the same under every frame of a clip. */
export function sharedCaption(panes: readonly Pick<FigurePane, "recipe">[]): string {
  const recipes = panes.map(({ recipe }) => shortened(recipe));
  return sentence((recipes[0] ?? []).filter(isIn(recipes)));
}

const isIn =
  (recipes: readonly (readonly RecipeLine[])[]) =>
  ({ label, text }: RecipeLine) =>
    recipes.every((recipe) => recipe.some((line) => line.label === label && line.text === text));

const sentence = (lines: readonly RecipeLine[]) =>
  lines.length === 0
    ? ""
    : `${lines.map(({ label, text }) => `${label}: ${text}`).join("; ")}.`.replace(/\.\.$/, ".");

/** Without what goes without saying: trained weights, and a region that is the whole photograph. */
function shortened(recipe: readonly RecipeLine[]): RecipeLine[] {
  const image = recipe.find(({ label }) => label === "Image")?.text ?? "";
  return recipe.filter(({ label, text, isUnsaid }) => {
    if (isUnsaid) return false;
    if (label === "Weights") return text !== "trained";
    if (label !== "Region") return true;
    const whole = /^(\d+x\d+) px at 0,0$/.exec(text)?.[1];
    return whole === undefined || !image.endsWith(`${whole} px`);
  });
}

/** @param caption as it stands in the figure, or empty */
export function wordsOf(
  panes: readonly Pick<FigurePane, "title" | "note" | "recipe">[],
  { title, caption, naming }: { title: string; caption: string; naming: Naming },
): Words {
  const told = panes.map(({ title: of, note, recipe }) => ({
    title: of,
    ...(note === "" ? {} : { note }),
    recipe: recipe.map(bare),
  }));
  const [first] = panes;
  return {
    title: title === "" ? (first?.title ?? "") : title,
    caption: caption === "" ? settingsCaption(panes, naming) : caption,
    recipe: JSON.stringify({ program: "Gramscope", panes: told }),
  };
}

/** A line of a recipe as files have it. */
export const bare = ({ label, text }: RecipeLine) => ({ label, text });
