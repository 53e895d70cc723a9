/** What follows from the state: feature references, probe calls and the grids on the stage. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { ProbeMap } from "../../engine/protocol/probes.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Photograph } from "./image-state.ts";
import type { Look } from "./look.ts";
import { rescaled, type Grid, type PatchSet } from "./patch-set.ts";
import type { Answer, AnswerSlot, ProbeCallInput } from "./probe-state.ts";
import type { FeatureSlot } from "./feature-state.ts";
import { allPanes, isLinked, isSamePhotograph, panesInSight, seenIn } from "./seen.ts";
import type { Pane, TokenName } from "./view-state.ts";

export function photographOf(state: Look, pane: Pane): Photograph | undefined {
  const key = seenIn(state, pane).active;
  return key === undefined ? undefined : state.photographs.find((one) => one.key === key);
}

/** The feature map that a pane asks for, or undefined while model or image are not open. */
export function featureRefOf(state: Look, pane: Pane): FeatureRef | undefined {
  return refOver(seenIn(state, pane), photographOf(state, pane));
}

/**
 * Where the query of a pane's cosine map is taken from: the patch of the main photograph as the
 * pane's own model sees it. So a match across photographs is found by each model for itself.
 */
export function querySlotOf(state: Look, pane: Pane): FeatureSlot {
  if (isSamePhotograph(state, pane) || !isLinked(state, pane, "query")) return pane;
  const main = isAsked(state, "main") ? featureRefOf(state, "main") : undefined;
  const source = slotRefOf(state, `from ${pane}`);
  return main && source && isSameRef(main, source) ? "main" : `from ${pane}`;
}

/** The features that belong into a slot. */
export function slotRefOf(state: Look, slot: FeatureSlot): FeatureRef | undefined {
  const pane = paneOfSlot(slot);
  return slot === pane
    ? featureRefOf(state, pane)
    : refOver(seenIn(state, pane), photographOf(state, "main"));
}

export const paneOfSlot = (slot: FeatureSlot): Pane => slot.replace(/^from /, "") as Pane;

const isSameRef = (a: FeatureRef, b: FeatureRef) =>
  isSameSpace(a, b) && a.image === b.image && JSON.stringify(a.size) === JSON.stringify(b.size);

/** Whether tokens of the two can be compared number for number. */
export const isSameSpace = (a: FeatureRef, b: FeatureRef): boolean =>
  a.model === b.model && a.layer === b.layer && a.norm === b.norm;

function refOver(state: Look, photograph: Photograph | undefined): FeatureRef | undefined {
  const { model, view, epoch, modelEpoch } = state;
  const image = photograph?.info;
  if (!model || !image || state.connection.kind !== "open" || modelEpoch !== epoch)
    return undefined;
  const layer = view.layer === "last" || view.layer >= model.depth - 1 ? "last" : view.layer;
  return { model: model.id, image: image.id, size: view.size, layer, norm: view.norm };
}

/** Whether the final norm is over tokens that are shown: the earlier stages of a ConvNeXt have none. */
export function isNormed(
  { model }: Look,
  { layer, norm }: Pick<FeatureRef, "layer" | "norm">,
): boolean {
  const isEarlier = layer !== "last" && layer < (model?.depth ?? 1) - 1;
  return norm && !(model?.stages && isEarlier);
}

/** Whether the page computes the map itself, from features. */
export function isHovered(state: Look): boolean {
  return state.view.probe === "cosine" || state.view.probe === "gram";
}

/** Whether patches stand as points in space, or their Gram matrix as a surface. */
export function isSpaceShown({ view }: Look): boolean {
  return view.space !== "off";
}

/** The pane whose patches join the main one's in space: another photograph in the same feature space. */
export function spacePartner(state: Look): Pane | undefined {
  const main = featureRefOf(state, "main");
  return panesInSight(state).find((pane) => {
    const ref = isSamePhotograph(state, pane) ? undefined : featureRefOf(state, pane);
    return main && ref && isSameSpace(main, ref);
  });
}

/** Whether cosines are computed for a pane: its map shows them, or points in space do. */
export function isAsked(state: Look, pane: Pane): boolean {
  if (isHovered(seenIn(state, pane))) return true;
  return isSpaceShown(state) && (pane === "main" || pane === spacePartner(state));
}

/** Whether the Gram matrix is on the stage: as the probe, or kept open beside another. */
export function isGramShown(state: Look): boolean {
  return state.view.probe === "gram" || state.layout.gram;
}

/** Whose cosines are shown; a row of the Gram matrix is always a patch's. */
export function askedToken({ view, model }: Look): TokenName {
  if (view.probe !== "cosine" || !view.asks.startsWith("register")) {
    return view.probe === "cosine" ? view.asks : "patch";
  }
  return registerIndex(view.asks) < (model?.registers ?? 0) ? view.asks : "patch";
}

export const registerIndex = (token: TokenName): number => Number(token.slice("register".length));

/** What to ask the engine, or undefined where the page computes the map itself. */
export function probeCallOf(state: Look, slot: AnswerSlot = "main"): ProbeCallInput | undefined {
  if (slot === "gram") {
    const { gramOrder: order, seed } = state.view;
    return { probe: "gram", options: { order, seed } };
  }
  const { view, model } = seenIn(state, slot);
  switch (view.probe) {
    case "cosine":
    case "gram":
      return undefined;
    case "pca": {
      const fit = basisOf(state, slot);
      return fit && { probe: "pca", options: { preset: view.preset, fit } };
    }
    case "kmeans":
      return { probe: "kmeans", options: { k: view.k, seed: view.seed } };
    case "attention": {
      const { attends: token } = view;
      const isThere = view.head === "mean" || view.head < (model?.heads ?? Infinity);
      const head = isThere ? view.head : "mean";
      if (token === "cls") return { probe: "attention", options: { token: { kind: "cls" }, head } };
      if (token !== "patch") {
        const index = registerIndex(token);
        return { probe: "attention", options: { token: { kind: "register", index }, head } };
      }
      // Only a held patch: asking for each one passed over would keep the engine busy.
      const patch = heldOn(state, slot).at(-1);
      if (!patch) return undefined;
      return { probe: "attention", options: { token: { kind: "patch", patch }, head } };
    }
    case "norm":
    case "cls":
    case "foreground":
      return { probe: view.probe, options: {} };
  }
}

const mostFitted = 64;

/** Feature maps that a PCA is fitted on; empty for its own; undefined until they are open. */
function basisOf(state: Look, pane: Pane): FeatureRef[] | undefined {
  const seen = seenIn(state, pane);
  const { basis } = seen.view;
  if (basis === "own") {
    if (pane === "main" || !isLinked(state, pane, "basis")) return [];
    const ref = featureRefOf(state, pane);
    // One basis for all photographs: the main one's, where features can be compared as it sees it,
    // else as the pane's own model and layer see it. Its signs are aligned when it is drawn.
    const source = referenceOf(state, pane);
    return ref && source && !isSameRef(ref, source) ? [source] : [];
  }
  if (basis === "run") {
    const { timeline } = state;
    const card = timeline?.cards.get(timeline.hold ?? -1);
    const ref = refOver(seen, photographOf(state, "main"));
    if (!timeline || timeline.checkpoints.length === 0) return [];
    // What was on the stage before the run has no part in its basis.
    const isOfRun = [...timeline.cards.values()].some(({ id }) => id === ref?.model);
    if (!isOfRun) return pane === "main" ? undefined : [];
    return card && ref ? [{ ...ref, model: card.id }] : undefined;
  }
  if (basis === "joint") {
    const open = state.photographs.flatMap((one) => refOver(seen, one) ?? []);
    // The photographs on the stage come first, should there be more than may be fitted together.
    const shown = allPanes(state).map((one) => featureRefOf(state, one)?.image);
    const isShown = (ref: FeatureRef) => Number(shown.includes(ref.image));
    return open
      .sort((a, b) => isShown(b) - isShown(a))
      .slice(0, mostFitted)
      .sort(byImage);
  }
  const photograph = state.photographs.find(({ key }) => key === basis.slice("of ".length));
  if (!photograph) return [];
  const ref = refOver(seen, photograph);
  return ref && [ref];
}

/** The main photograph as the pane's model and layer see it, at the main pane's size where it can. */
function referenceOf(state: Look, pane: Pane): FeatureRef | undefined {
  const main = featureRefOf(state, "main");
  const source = refOver(seenIn(state, pane), photographOf(state, "main"));
  return main && source && isSameSpace(main, source) ? main : source;
}

const byImage = (a: FeatureRef, b: FeatureRef) => (a.image < b.image ? -1 : 1);

/** The engine's answer that is shown in a pane, where the page does not compute the map itself. */
export function answerOf(state: Look, pane: Pane): Answer | undefined {
  const seen = seenIn(state, pane);
  if (isHovered(seen)) return undefined;
  const answer = state.answers[pane];
  return answer?.call.probe === seen.view.probe ? answer : undefined;
}

export function geometryOf(state: Look, pane: Pane): Geometry | undefined {
  const held = isHovered(seenIn(state, pane)) ? state.features : state.answers;
  return held[pane]?.geometry;
}

export function gridOf(state: Look, pane: Pane = "main"): Grid | undefined {
  return geometryOf(state, pane)?.grid;
}

/** The patches that are held in a pane, on its own grid; none over another photograph. */
export function heldOn(state: Look, pane: Pane): PatchSet {
  const { patch } = seenIn(state, pane).view;
  if (!isLinked(state, pane, "query") || pane === "main") return patch;
  if (!isSamePhotograph(state, pane)) return [];
  const [from, to] = [state.pinGrid ?? gridOf(state), gridOf(state, pane)];
  return from && to ? rescaled(patch, from, to) : patch;
}

/** The patches that are asked about in a pane, on its own grid; none over another photograph. */
export function queryOn(state: Look, pane: Pane): PatchSet {
  const seen = seenIn(state, pane);
  if (isHovered(seen)) {
    // The cross stands before its map is there.
    if (pane === "main") return askedToken(state) === "patch" ? state.query : none;
    return state.cosine?.over[pane]?.query ?? none;
  }
  const asksPatch = seen.view.probe === "attention" && seen.view.attends === "patch";
  return asksPatch ? heldOn(state, pane) : none;
}

const none: PatchSet = [];

/** Which of the answer's maps is shown: the choice is the main pane's, and another probe may have fewer. */
export function shownMapOf(state: Look, pane: Pane): ProbeMap | undefined {
  const maps = answerOf(state, pane)?.result.maps ?? [];
  return maps[Math.min(state.shownMap, maps.length - 1)];
}
