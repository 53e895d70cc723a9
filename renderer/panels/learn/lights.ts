/**
 * What a formula can light on the page: each name stands for parts that carry it in `data-light`.
 * learn.css has a rule for each.
 */

export const lightNames = [
  "grid",
  "query",
  "map",
  "matches",
  "bar",
  "gram",
  "gram-row",
  "global-crops",
  "local-crops",
  "masks",
  "assignments",
  "figures",
  "watch",
  "weight",
  "proof",
] as const;
export type LightName = (typeof lightNames)[number];

/** Light the parts of this name, and nothing else. */
export function shine(name: LightName | undefined, root = document.documentElement): void {
  if (name) root.dataset["lit"] = name;
  else delete root.dataset["lit"];
}
