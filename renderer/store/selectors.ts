/** What follows from the state: feature references, probe calls and the grid on the stage. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { PayloadInput } from "../../engine/protocol/messages.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Photograph } from "./image-slice.ts";
import type { Look } from "./store.ts";
import type { Pane } from "./view-slice.ts";

export type ProbeCallInput = PayloadInput<"probe.run">["call"];

export function photographOf(state: Look, pane: Pane): Photograph | undefined {
  const key = pane === "main" ? state.active : state.second;
  return key === undefined ? undefined : state.photographs.find((one) => one.key === key);
}

/** The feature map that the view asks for, or undefined while model or image are not open. */
export function featureRefOf(state: Look, pane: Pane): FeatureRef | undefined {
  const { model, view, epoch, modelEpoch } = state;
  const image = photographOf(state, pane)?.info;
  if (!model || !image || state.connection.kind !== "open" || modelEpoch !== epoch)
    return undefined;
  const layer = view.layer === "last" || view.layer >= model.depth - 1 ? "last" : view.layer;
  return { model: model.id, image: image.id, size: view.size, layer, norm: view.norm };
}

/** Whether the page computes the map itself, from features. */
export function isHovered(state: Look): boolean {
  return state.view.probe === "cosine" || state.view.probe === "gram";
}

/** Whether the second photograph is on the stage. */
export function isCompared(state: Look): boolean {
  return state.view.probe === "cosine" && state.second !== undefined;
}

/** What to ask the engine, or undefined where the page computes the map itself. */
export function probeCallOf({ view }: Look): ProbeCallInput | undefined {
  switch (view.probe) {
    case "cosine":
      return undefined;
    case "pca":
      return { probe: "pca", options: { preset: view.preset } };
    case "gram":
      return { probe: "gram", options: { order: view.gramOrder, seed: view.seed } };
    case "kmeans":
      return { probe: "kmeans", options: { k: view.k, seed: view.seed } };
    case "attention": {
      const { attends: token, head } = view;
      if (token === "cls") return { probe: "attention", options: { token: { kind: "cls" }, head } };
      if (token !== "patch") {
        const index = Number(token.slice("register".length));
        return { probe: "attention", options: { token: { kind: "register", index }, head } };
      }
      // Only a pinned patch: asking for each one passed over would keep the engine busy.
      const { patch } = view;
      return patch && { probe: "attention", options: { token: { kind: "patch", patch }, head } };
    }
    case "norm":
    case "cls":
    case "foreground":
      return { probe: view.probe, options: {} };
  }
}

export function geometryOf(state: Look, pane: Pane): Geometry | undefined {
  if (pane === "second") return state.secondFeatures?.geometry;
  return isHovered(state) ? state.features?.geometry : state.answer?.geometry;
}

export function gridOf(state: Look): { rows: number; cols: number } | undefined {
  return geometryOf(state, "main")?.grid;
}
