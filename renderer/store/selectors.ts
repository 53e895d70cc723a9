/** What follows from the state: feature references, probe calls and the grids on the stage. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Photograph } from "./image-state.ts";
import type { Look } from "./look.ts";
import type { Grid } from "./patch-set.ts";
import type { Answer, AnswerSlot, ProbeCallInput } from "./probe-state.ts";
import type { Pane, TokenName } from "./view-state.ts";

export function photographOf(state: Look, pane: Pane): Photograph | undefined {
  const key = pane === "main" ? state.active : state.second;
  return key === undefined ? undefined : state.photographs.find((one) => one.key === key);
}

/** The feature map that the view asks for, or undefined while model or image are not open. */
export function featureRefOf(state: Look, pane: Pane): FeatureRef | undefined {
  return refOver(state, photographOf(state, pane));
}

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

/** Whether the patch under the pointer is asked about: the map, or the points, follow it. */
export function isFollowed(state: Look): boolean {
  return isHovered(state) || isSpaceShown(state);
}

/** Whether the second photograph is on the stage. */
export function isCompared(state: Look): boolean {
  return state.second !== undefined && state.view.probe !== "gram";
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
  const { view } = state;
  if (slot === "gram") {
    return { probe: "gram", options: { order: view.gramOrder, seed: view.seed } };
  }
  switch (view.probe) {
    case "cosine":
    case "gram":
      return undefined;
    case "pca": {
      const fit = basisOf(state);
      return fit && { probe: "pca", options: { preset: view.preset, fit } };
    }
    case "kmeans":
      return { probe: "kmeans", options: { k: view.k, seed: view.seed } };
    case "attention": {
      const { attends: token, head } = view;
      if (token === "cls") return { probe: "attention", options: { token: { kind: "cls" }, head } };
      if (token !== "patch") {
        const index = registerIndex(token);
        return { probe: "attention", options: { token: { kind: "register", index }, head } };
      }
      // Only a held patch: asking for each one passed over would keep the engine busy.
      const patch = view.patch.at(-1);
      if (!patch || slot === "second") return undefined;
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
function basisOf(state: Look): FeatureRef[] | undefined {
  const { basis } = state.view;
  if (basis === "own") return [];
  if (basis === "run") {
    const { timeline } = state;
    const card = timeline?.cards.get(timeline.hold ?? -1);
    const ref = featureRefOf(state, "main");
    if (!timeline || timeline.checkpoints.length === 0) return [];
    // What was on the stage before the run has no part in its basis.
    const isOfRun = [...timeline.cards.values()].some(({ id }) => id === ref?.model);
    return isOfRun && card && ref ? [{ ...ref, model: card.id }] : undefined;
  }
  if (basis === "joint") {
    const open = state.photographs.flatMap((one) => refOver(state, one) ?? []);
    // The photographs on the stage come first, should there be more than may be fitted together.
    const shown = [featureRefOf(state, "main"), featureRefOf(state, "second")].map((r) => r?.image);
    const isShown = (ref: FeatureRef) => Number(shown.includes(ref.image));
    return open
      .sort((a, b) => isShown(b) - isShown(a))
      .slice(0, mostFitted)
      .sort(byImage);
  }
  const photograph = state.photographs.find(({ key }) => key === basis.slice("of ".length));
  if (!photograph) return [];
  const ref = refOver(state, photograph);
  return ref && [ref];
}

const byImage = (a: FeatureRef, b: FeatureRef) => (a.image < b.image ? -1 : 1);

/** The engine's answer that is shown in a pane, where the page does not compute the map itself. */
export function answerOf(state: Look, pane: Pane): Answer | undefined {
  if (isHovered(state)) return undefined;
  const answer = state.answers[pane];
  return answer?.call.probe === state.view.probe ? answer : undefined;
}

export function geometryOf(state: Look, pane: Pane): Geometry | undefined {
  if (!isHovered(state)) return state.answers[pane]?.geometry;
  return pane === "main" ? state.features?.geometry : state.secondFeatures?.geometry;
}

export function gridOf(state: Look): Grid | undefined {
  return geometryOf(state, "main")?.grid;
}
