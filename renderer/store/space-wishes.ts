/** What the pane of points asks of the engine and of the page's own worker, from what is looked at. */
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Look } from "./look.ts";
import type { ProbeCallInput } from "./probe-state.ts";
import type { ProbeName } from "../../engine/protocol/probes.ts";
import { featureRefOf, isSpaceShown, probeCallOf, spacePartner } from "./selectors.ts";
import { spaceSlots, type SpaceSlot } from "./space-state.ts";
import type { Pane } from "./view-state.ts";

/** Rows and columns of the surface; larger matrices come averaged down to it. */
export const surfaceSide = 256;

export interface SpaceWish {
  readonly ref: FeatureRef;
  readonly call: ProbeCallInput;
}

/** @returns undefined while it is not needed, or cannot be said yet */
export function spaceWish(state: Look, slot: SpaceSlot): SpaceWish | undefined {
  if (!isSpaceShown(state)) return undefined;
  const { space, spaceColour, gramOrder, seed } = state.view;
  const arePoints = space !== "surface";
  const partner = spacePartner(state);
  const pane = slot === "pca second" ? partner : "main";
  const ref = pane && featureRefOf(state, pane);
  const call = () => {
    switch (slot) {
      case "pca":
        return needsComponents(state) ? callAs(state, "pca") : undefined;
      case "pca second":
        return needsComponents(state) && partner ? callInMainBasis(state) : undefined;
      case "clusters":
        return arePoints && spaceColour === "cluster" ? callAs(state, "kmeans") : undefined;
      case "gram":
        return arePoints
          ? undefined
          : ({ probe: "gram", options: { order: gramOrder, seed, side: surfaceSide } } as const);
    }
  };
  const asked = ref && call();
  return asked && { ref, call: asked };
}

const needsComponents = ({ view: { space, spaceColour } }: Look) =>
  space === "pca" || (space === "umap" && spaceColour === "pca");

/** As the probe itself would be asked, with the settings of its panel. */
const callAs = (state: Look, probe: ProbeName) =>
  probeCallOf({ ...state, view: { ...state.view, probe } });

/** Points of two photographs are in one space only with one basis. */
function callInMainBasis(state: Look): ProbeCallInput | undefined {
  const call = callAs(state, "pca");
  const main = featureRefOf(state, "main");
  if (call?.probe !== "pca" || !main) return undefined;
  const fit = call.options.fit ?? [];
  return { probe: "pca", options: { ...call.options, fit: fit.length > 0 ? fit : [main] } };
}

/** The feature maps that UMAP lays out together, and the seed of its draws. */
export interface UmapWish {
  readonly refs: readonly FeatureRef[];
  readonly seed: number;
}

export function umapWish(state: Look): UmapWish | undefined {
  if (state.view.space !== "umap") return undefined;
  const partner = spacePartner(state);
  const panes: Pane[] = partner ? ["main", partner] : ["main"];
  const refs = panes.flatMap((pane) => featureRefOf(state, pane) ?? []);
  return refs.length === panes.length ? { refs, seed: state.view.seed } : undefined;
}

/** What a layout is kept by. */
export const umapKey = ({ epoch }: Look, wish: UmapWish): string => JSON.stringify([epoch, wish]);

/** Whether everything that is asked for is there. */
export function isSpaceComplete(state: Look): boolean {
  const layout = umapWish(state);
  if (layout && state.umap?.key !== umapKey(state, layout)) return false;
  return spaceSlots.every((slot) => {
    const wish = spaceWish(state, slot);
    const answer = state.spaceAnswers[slot];
    const told = ({ ref, call }: SpaceWish) => JSON.stringify([ref, call]);
    return !wish || (answer !== undefined && told(answer) === told(wish));
  });
}
