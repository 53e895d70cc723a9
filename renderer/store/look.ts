/** The whole state of the page, and what a part of its store is made of. */
import type { StoreApi } from "zustand/vanilla";
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { Similarity } from "../compute/similarity-client.ts";
import type { UmapInput, UmapLayout } from "../compute/umap.ts";
import type { Engine } from "../connection/engine-client.ts";
import type { ActivityState } from "./activity-state.ts";
import type { DialogState } from "./dialog-state.ts";
import type { EngineState } from "./engine-state.ts";
import type { ExportState } from "./export-state.ts";
import type { FeatureState } from "./feature-state.ts";
import type { FigureState } from "./figure-state.ts";
import type { HistoryState } from "./history-state.ts";
import type { ImageState } from "./image-state.ts";
import type { LayoutState } from "./layout-state.ts";
import type { LearnState } from "./learn-state.ts";
import type { CompareState } from "./measure-compare-state.ts";
import type { ProbesState } from "./measure-probes-state.ts";
import type { ScenesState } from "./measure-scenes-state.ts";
import type { MeasureState } from "./measure-state.ts";
import type { KeptMaps } from "./kept-maps.ts";
import type { PanesState } from "./panes-state.ts";
import type { ProbeState } from "./probe-state.ts";
import type { RecentState } from "./recent-state.ts";
import type { SessionState } from "./session-state.ts";
import type { SettingsState } from "./settings-state.ts";
import type { SpaceState } from "./space-state.ts";
import type { TimelineState } from "./timeline-state.ts";
import type { TrainState } from "./train-state.ts";
import type { VerifyState } from "./verify-state.ts";
import type { ViewState } from "./view-state.ts";

export type Look = ActivityState &
  EngineState &
  ImageState &
  ViewState &
  PanesState &
  HistoryState &
  FeatureState &
  ProbeState &
  LayoutState &
  RecentState &
  TrainState &
  MeasureState &
  CompareState &
  ProbesState &
  ScenesState &
  ExportState &
  VerifyState &
  SpaceState &
  TimelineState &
  FigureState &
  SessionState &
  LearnState &
  DialogState &
  SettingsState;

export interface Services {
  readonly engine: Engine;
  readonly similarity: Similarity;
  /** @throws EngineError "cancelled" when the signal says so, "memory" or "internal" */
  layOut(
    input: UmapInput,
    options: Pick<CallOptions, "signal" | "onProgress">,
  ): Promise<UmapLayout>;
}

/** What the parts of the store share. */
export interface Parts extends Services {
  readonly maps: KeptMaps;
}

export type LookStore = StoreApi<Look>;

/** A part of the store as a function of what it works with. */
export type Slice<State> = (
  set: (change: Partial<Look>) => void,
  get: () => Look,
  parts: Parts,
) => State;
