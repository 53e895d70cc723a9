/** Joins the slices into one vanilla store around an engine and a similarity worker. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Similarity } from "../compute/similarity-client.ts";
import type { Engine } from "../connection/engine-client.ts";
import { activitySlice, type ActivityState } from "./activity-slice.ts";
import { engineSlice, type EngineState } from "./engine-slice.ts";
import { featureSlice, type FeatureState } from "./feature-slice.ts";
import { imageSlice, type ImageState } from "./image-slice.ts";
import { probeSlice, type ProbeState } from "./probe-slice.ts";
import { viewSlice, type ViewSlice } from "./view-slice.ts";

export type Look = ActivityState & EngineState & ImageState & ViewSlice & FeatureState & ProbeState;

export interface Services {
  readonly engine: Engine;
  readonly similarity: Similarity;
}

export type LookStore = StoreApi<Look>;

/** A part of the store as a function of what it works with. */
export type Slice<State> = (
  set: (change: Partial<Look>) => void,
  get: () => Look,
  services: Services,
) => State;

export function createLookStore(services: Services): LookStore {
  return createStore<Look>()((set, get) => ({
    ...activitySlice(set, get, services),
    ...engineSlice(set, get, services),
    ...imageSlice(set, get, services),
    ...viewSlice(set, get, services),
    ...featureSlice(set, get, services),
    ...probeSlice(set, get, services),
  }));
}
