/** Joins the slices into one vanilla store around an engine and a similarity worker. */
import { createStore } from "zustand/vanilla";
import { activitySlice } from "./activity-slice.ts";
import { dialogSlice } from "./dialog-slice.ts";
import { engineSlice } from "./engine-slice.ts";
import { exportSlice } from "./export-slice.ts";
import { featureSlice } from "./feature-slice.ts";
import { figureSlice } from "./figure-slice.ts";
import { historySlice } from "./history-slice.ts";
import { imageSlice } from "./image-slice.ts";
import { KeptMaps } from "./kept-maps.ts";
import { layoutSlice } from "./layout-slice.ts";
import { learnSlice } from "./learn-slice.ts";
import type { Look, LookStore, Services } from "./look.ts";
import { compareSlice } from "./measure-compare-slice.ts";
import { probesSlice } from "./measure-probes-slice.ts";
import { scenesSlice } from "./measure-scenes-slice.ts";
import { measureSlice } from "./measure-slice.ts";
import { panesSlice } from "./panes-slice.ts";
import { probeSlice } from "./probe-slice.ts";
import { recentSlice } from "./recent-slice.ts";
import { sessionSlice } from "./session-slice.ts";
import { settingsSlice } from "./settings-slice.ts";
import { spaceSlice } from "./space-slice.ts";
import { timelineSlice } from "./timeline-slice.ts";
import { trainSlice } from "./train-slice.ts";
import { verifySlice } from "./verify-slice.ts";
import { viewSlice } from "./view-slice.ts";

export function createLookStore(services: Services): LookStore {
  const parts = { ...services, maps: new KeptMaps(services.engine) };
  return createStore<Look>()((set, get) => ({
    ...activitySlice(set, get, parts),
    ...engineSlice(set, get, parts),
    ...imageSlice(set, get, parts),
    ...viewSlice(set, get, parts),
    ...panesSlice(set, get, parts),
    ...historySlice(set, get, parts),
    ...featureSlice(set, get, parts),
    ...probeSlice(set, get, parts),
    ...layoutSlice(set, get, parts),
    ...recentSlice(set, get, parts),
    ...trainSlice(set, get, parts),
    ...measureSlice(set, get, parts),
    ...compareSlice(set, get, parts),
    ...probesSlice(set, get, parts),
    ...scenesSlice(set, get, parts),
    ...exportSlice(set, get, parts),
    ...verifySlice(set, get, parts),
    ...spaceSlice(set, get, parts),
    ...timelineSlice(set, get, parts),
    ...figureSlice(set, get, parts),
    ...sessionSlice(set, get, parts),
    ...learnSlice(set, get, parts),
    ...dialogSlice(set, get, parts),
    ...settingsSlice(set, get, parts),
  }));
}
