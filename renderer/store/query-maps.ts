/** One query over all panes that show cosines: what to ask the worker for, and what stays as it was. */
import { bestMatches, summary } from "../compute/similarity.ts";
import type { Similarity } from "../compute/similarity-client.ts";
import type { Asked, Question } from "../compute/similarity-answers.ts";
import type { CosineOver, HeldFeatures } from "./feature-state.ts";
import type { Look } from "./look.ts";
import { isSamePatch, rescaled, type PatchSet } from "./patch-set.ts";
import { isLinked, panesInSight, seenIn } from "./seen.ts";
import { askedToken, gridOf, isAsked, querySlotOf, registerIndex } from "./selectors.ts";
import type { Pane, TokenName } from "./view-state.ts";

type Overs = Partial<Record<Pane, CosineOver>>;

/** A pane's map and all that it depends on. */
interface Wish {
  readonly pane: Pane;
  readonly question: Question;
  readonly source: HeldFeatures;
  readonly target: HeldFeatures;
  readonly token: TokenName;
  /** On the grid of the source. */
  readonly patches: PatchSet;
  /** Whether the query lies on the photograph that is compared. */
  readonly isInside: boolean;
  readonly count: number;
  readonly exclude: number;
}

export class QueryMaps {
  private shown = new Map<Pane, { readonly wish: Wish; readonly over: CosineOver }>();

  constructor(private readonly similarity: Similarity) {}

  /** @returns "overtaken" by a newer question or newer features: there is nothing to show */
  async ask(state: Look): Promise<Overs | "overtaken" | "nothing to ask"> {
    const wishes = panesInSight(state).flatMap((pane) => wishOf(state, pane) ?? []);
    if (wishes.length === 0) return "nothing to ask";
    const isNew = wishes.filter((wish) => !this.isShown(wish));
    const answers =
      isNew.length === 0 ? [] : await this.similarity.query(isNew.map(({ question }) => question));
    if (!answers) return "overtaken";
    const next = new Map<Pane, { readonly wish: Wish; readonly over: CosineOver }>();
    for (const wish of wishes) {
      const answer = answers[isNew.indexOf(wish)];
      const before = this.shown.get(wish.pane);
      if (answer) next.set(wish.pane, { wish, over: overOf(wish, answer) });
      else if (before && !isNew.includes(wish)) next.set(wish.pane, before);
    }
    this.shown = next;
    if (next.size === 0) return "overtaken";
    return Object.fromEntries([...next].map(([pane, { over }]) => [pane, over]));
  }

  private isShown(wish: Wish): boolean {
    const before = this.shown.get(wish.pane)?.wish;
    return (
      before?.source === wish.source &&
      before.target === wish.target &&
      before.token === wish.token &&
      before.isInside === wish.isInside &&
      before.count === wish.count &&
      before.exclude === wish.exclude &&
      before.patches.length === wish.patches.length &&
      before.patches.every((patch, index) => isSamePatch(patch, wish.patches[index]))
    );
  }
}

/** @returns undefined where a pane shows no cosines, or not yet */
function wishOf(state: Look, pane: Pane): Wish | undefined {
  const seen = seenIn(state, pane);
  const target = state.features[pane];
  if (!isAsked(state, pane) || !target) return undefined;
  const slot = querySlotOf(state, pane);
  const source = state.features[slot];
  if (!source) return undefined;
  const token = askedToken(seen);
  const { grid } = source.geometry;
  const patches = token === "patch" ? queryIn(state, pane, grid) : [];
  return {
    pane,
    question: { from: slot, over: pane, asked: askedOf(token, patches, grid.cols) },
    source,
    target,
    token,
    patches,
    isInside: slot === pane,
    count: Math.max(1, seen.view.matches),
    exclude: seen.view.exclude,
  };
}

/** The query of a pane on a grid over the photograph that it is taken from. */
function queryIn(state: Look, pane: Pane, grid: { rows: number; cols: number }): PatchSet {
  const isOwn = !isLinked(state, pane, "query");
  const asked = isOwn ? (state.ownQueries[pane] ?? seenIn(state, pane).view.patch) : state.query;
  const from = isOwn || pane === "main" ? grid : gridOf(state);
  const moved = from ? rescaled(asked, from, grid) : asked;
  const inside = moved.filter(({ row, col }) => row < grid.rows && col < grid.cols);
  return inside.length > 0 ? inside : [{ row: grid.rows >> 1, col: grid.cols >> 1 }];
}

function askedOf(token: TokenName, patches: PatchSet, cols: number): Asked {
  if (token === "cls") return { token: 0 };
  if (token !== "patch") return { token: 1 + registerIndex(token) };
  return { patches: patches.map(({ row, col }) => row * cols + col) };
}

function overOf(
  { target, patches, isInside, count, exclude }: Wish,
  { values, tokens }: { values: Float32Array; tokens: Float32Array },
): CosineOver {
  const { geometry, ref } = target;
  const query = isInside ? patches : [];
  return {
    model: ref.model,
    geometry,
    values,
    tokens,
    ...summary(values),
    matches: bestMatches(values, geometry.grid.cols, count, query, exclude),
    query,
  };
}
