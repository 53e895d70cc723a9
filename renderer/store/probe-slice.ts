/** The engine's answer to the probe that is chosen. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { ProbeResult } from "../../engine/protocol/probes.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { featureRefOf, probeCallOf, type ProbeCallInput } from "./selectors.ts";
import type { Slice } from "./store.ts";

export interface Answer {
  readonly ref: FeatureRef;
  readonly call: ProbeCallInput;
  readonly geometry: Geometry;
  readonly result: ProbeResult;
  readonly elapsedMs: number;
}

export interface ProbeState {
  readonly answer: Answer | undefined;
  /** Which of the answer's maps is shown. */
  readonly shownMap: number;
  runProbe(): Promise<void>;
  showMap(index: number): void;
  /** How often a person has asked for what had been cancelled or had failed. */
  readonly attempt: number;
  again(): void;
}

export const probeLabels = {
  cosine: "Cosine",
  pca: "PCA",
  gram: "Gram",
  norm: "Norm",
  cls: "CLS",
  kmeans: "k-means",
  attention: "Attention",
  foreground: "Foreground",
} as const;

export const probeSlice: Slice<ProbeState> = (set, get, { engine }) => ({
  answer: undefined,
  shownMap: 0,
  async runProbe() {
    const ref = featureRefOf(get(), "main");
    const call = probeCallOf(get());
    if (!ref || !call) return;
    const { answer } = get();
    // Another setting keeps the old picture until the new one is there; another subject does not.
    const isSameSubject =
      answer?.call.probe === call.probe &&
      answer.ref.image === ref.image &&
      answer.ref.model === ref.model;
    if (!isSameSubject) set({ answer: undefined, shownMap: 0 });
    const reply = await get().run(
      `Computing ${probeLabels[call.probe]}`,
      (options) => engine.call("probe.run", { features: ref, call }, options),
      "probe",
    );
    if (!reply) return;
    const shownMap = Math.min(get().shownMap, reply.result.maps.length - 1);
    set({ answer: { ref, call, ...reply }, shownMap });
  },
  showMap(index) {
    set({ shownMap: index });
  },
  attempt: 0,
  again() {
    set({ attempt: get().attempt + 1 });
  },
});
