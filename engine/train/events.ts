/** What a run tells while it goes: the same for a terminal, a page and a test. */
import type { ImageCrops } from "../data/batch.ts";
import type { HostTensor } from "../executors/executor.ts";
import type { Phase } from "./plan.ts";

export type RunEvent =
  | {
      readonly kind: "step";
      /** Of the student, "" where there is one. */
      readonly student: string;
      readonly metrics: { readonly step: number } & Readonly<Record<string, number>>;
    }
  | { readonly kind: "phase"; readonly phase: Phase; readonly step: number; readonly steps: number }
  | {
      readonly kind: "checkpoint";
      readonly student: string;
      readonly step: number;
      readonly folder: string;
    }
  | { readonly kind: "snapshot"; readonly student: string; readonly step: number }
  | { readonly kind: "gramRefresh"; readonly step: number }
  | {
      readonly kind: "batch";
      readonly step: number;
      readonly origins: readonly ImageCrops[];
      readonly masks: Uint8Array;
    }
  | {
      /** What the teacher gave its global crops: [2, B, K], rows sum to 1. */
      readonly kind: "assignments";
      readonly student: string;
      readonly step: number;
      readonly probabilities: HostTensor;
    }
  | { readonly kind: "note"; readonly text: string };

export type RunListener = (event: RunEvent) => void;
