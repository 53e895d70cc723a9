/** The engine's answers to probes: their shape. */
import type { Geometry } from "../../engine/protocol/geometry.ts";
import type { PayloadInput } from "../../engine/protocol/messages.ts";
import type { ProbeResult } from "../../engine/protocol/probes.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Pane } from "./view-state.ts";

export type ProbeCallInput = PayloadInput<"probe.run">["call"];

export interface Answer {
  readonly ref: FeatureRef;
  readonly call: ProbeCallInput;
  readonly geometry: Geometry;
  readonly result: ProbeResult;
  readonly elapsedMs: number;
}

/** Over the photograph of a pane, and the Gram matrix of the main one. */
export type AnswerSlot = Pane | "gram";

export interface ProbeState {
  readonly answers: Readonly<Partial<Record<AnswerSlot, Answer>>>;
  /** Which of the answer's maps is shown. */
  readonly shownMap: number;
  runProbe(slot: AnswerSlot): Promise<void>;
  dropAnswer(slot: AnswerSlot): void;
  showMap(index: number): void;
  /** How often a person has asked for what had been cancelled or had failed. */
  readonly attempt: number;
  again(): void;
}
