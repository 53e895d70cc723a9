/** Joins the slices into one vanilla store around an engine and a similarity worker. */
import { createStore } from "zustand/vanilla";
import { activitySlice } from "./activity-slice.ts";
import { engineSlice } from "./engine-slice.ts";
import { exportSlice } from "./export-slice.ts";
import { featureSlice } from "./feature-slice.ts";
import { historySlice } from "./history-slice.ts";
import { imageSlice } from "./image-slice.ts";
import { layoutSlice } from "./layout-slice.ts";
import type { Look, LookStore, Services } from "./look.ts";
import { compareSlice } from "./measure-compare-slice.ts";
import { probesSlice } from "./measure-probes-slice.ts";
import { scenesSlice } from "./measure-scenes-slice.ts";
import { measureSlice } from "./measure-slice.ts";
import { probeSlice } from "./probe-slice.ts";
import { recentSlice } from "./recent-slice.ts";
import { trainSlice } from "./train-slice.ts";
import { verifySlice } from "./verify-slice.ts";
import { viewSlice } from "./view-slice.ts";

export function createLookStore(services: Services): LookStore {
  return createStore<Look>()((set, get) => ({
    ...activitySlice(set, get, services),
    ...engineSlice(set, get, services),
    ...imageSlice(set, get, services),
    ...viewSlice(set, get, services),
    ...historySlice(set, get, services),
    ...featureSlice(set, get, services),
    ...probeSlice(set, get, services),
    ...layoutSlice(set, get, services),
    ...recentSlice(set, get, services),
    ...trainSlice(set, get, services),
    ...measureSlice(set, get, services),
    ...compareSlice(set, get, services),
    ...probesSlice(set, get, services),
    ...scenesSlice(set, get, services),
    ...exportSlice(set, get, services),
    ...verifySlice(set, get, services),
  }));
}
