/** The store around an engine that is a plain object: what it answers, and what it was asked. */
import type { RequestKind } from "../../engine/protocol/messages.ts";
import type { CompareReport, ScoredModel } from "../../engine/protocol/comparison.ts";
import type { MeasuringDescription } from "../../engine/protocol/measuring.ts";
import type { ProbeReport } from "../../engine/protocol/probe-report.ts";
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { Similarity } from "../../renderer/compute/similarity-client.ts";
import type { Engine } from "../../renderer/connection/engine-client.ts";
import { createLookStore } from "../../renderer/store/store.ts";
import { layOut } from "./look-store.ts";

type Answer = (payload: never, options: CallOptions<never>) => unknown;
export type Answers = Partial<Record<RequestKind, Answer>>;

export function measureStore(answers: Answers = {}) {
  const calls: [RequestKind, unknown][] = [];
  const engine = {
    call: async (kind: RequestKind, payload: unknown, options: unknown = {}) => {
      calls.push([kind, payload]);
      const answer = answers[kind] as ((p: unknown, o: unknown) => unknown) | undefined;
      if (!answer) throw new Error(`nobody answers ${kind}`);
      return answer(payload, options);
    },
  } as unknown as Engine;
  const similarity: Similarity = {
    load: async () => {},
    clear: () => {},
    query: () => Promise.reject(new Error("nobody asks")),
  };
  const store = createLookStore({ engine, similarity, layOut });
  store.setState({ connection: { kind: "open" } });
  const asked = (kind: RequestKind) => calls.filter(([one]) => one === kind).map(([, p]) => p);
  return { store, asked };
}

export const description: MeasuringDescription = {
  probes: (["knn", "segmentation", "correspondence"] as const).map((name) => ({
    name,
    title: `The probe ${name}`,
    task: name === "knn" ? "classification" : name,
    preset: "paper",
    presets: ["paper", "quick"],
    scenes: { preset: "quick", train: 40, test: 20 },
    numbers: "",
  })),
  scores: [
    {
      name: "locality",
      title: "Locality",
      formula: "near - far",
      unit: "",
      isBetter: "higher",
      source: "Gramscope",
    },
    {
      name: "mapRoughness",
      title: "Roughness",
      formula: "Geary's C",
      unit: "",
      isBetter: "lower",
      source: "Geary 1954",
    },
  ],
  layouts: [{ name: "voc", tasks: ["segmentation"] }],
  classes: ["sky", "grass", "vase"],
  firstTestIndex: 1000,
  samplesFolder: "/box/samples",
};

/** @param means by score; the interval is a tenth to either side */
export function scored(step: number, means: Readonly<Record<string, number>> = {}): ScoredModel {
  const path = `/runs/mine/checkpoints/step-${step}`;
  const scores = Object.entries({ locality: step / 1000, ...means }).map(([name, mean]) => [
    name,
    { mean, low: mean - 0.1, high: mean + 0.1, values: [mean] },
  ]);
  return {
    name: `step ${step}`,
    step,
    path,
    fingerprint: `weights ${step}`,
    isCached: false,
    elapsedSeconds: 1,
    scores: Object.fromEntries(scores) as ScoredModel["scores"],
  };
}

type Degradation = NonNullable<CompareReport["degradation"]>;

export function compareReport(
  steps: readonly number[],
  advice: Degradation["recommendation"],
  change: Partial<CompareReport> = {},
): CompareReport {
  const degradation: Degradation = {
    quality: steps.map((step) => ({ step, mean: step / 100, low: 0, high: 1 })),
    weights: { locality: 1 },
    images: 16,
    peak: advice.kind === "teacher" ? advice.step : steps.at(-1)!,
    last: steps.at(-1)!,
    decline: { mean: 0.5, low: 0.3, high: 0.7, isBeyondImages: true },
    asGood: [],
    recommendation: advice,
  };
  return {
    version: 1,
    kind: "run",
    description: "run mine",
    data: { description: "16 scenes", fingerprint: "scenes", images: 16 },
    settings: { side: 224, seed: 0, reference: null },
    models: steps.map((step) => ({ ...scored(step), images: [] })),
    degradation,
    elapsedSeconds: 3,
    ...change,
  };
}

export function probeReport(change: Partial<ProbeReport> = {}): ProbeReport {
  return {
    version: 1,
    probe: "segmentation",
    model: { name: "ViT", fingerprint: "weights" },
    data: { description: "scenes", fingerprint: "scenes 40 20" },
    preset: "quick",
    settings: { size: "square 224" },
    seed: 0,
    numbers: [
      { name: "mIoU", value: 0.5, low: 0.4, high: 0.6, unit: "fraction", isBetterHigher: true },
    ],
    cases: [],
    elapsedSeconds: 1,
    ...change,
  };
}
