/** Probes with labels as the page knows them: how one is asked for, and what was measured in this session. */
import type { PayloadInput } from "../../engine/protocol/messages.ts";
import type { LabelledProbeName, ProbeReport } from "../../engine/protocol/probe-report.ts";

export type ProbeWish = PayloadInput<"probe.measure">;

/** What a person fills in, numbers as they are typed; kept while pages change. "": as the probe has it. */
export interface ProbeForm {
  readonly probe: LabelledProbeName;
  readonly model: string;
  readonly data: "scenes" | "folder";
  readonly folder: string;
  /** "": recognised by what lies in the folder. */
  readonly layout: string;
  readonly pairs: "views" | "instances";
  readonly preset: string;
  /** Of a square input in pixels, or "native". */
  readonly size: string;
  /** Numbers of scenes. */
  readonly train: string;
  readonly test: string;
  readonly seed: string;
}

export interface ShownCase {
  /** Index into the report's cases. */
  readonly case: number;
  /** Address of the picture for an <img>. */
  readonly url: string;
  readonly caption: string;
}

export interface ProbeResult {
  readonly id: number;
  readonly wish: ProbeWish;
  readonly report: ProbeReport;
  readonly pictures: readonly ShownCase[];
}

export interface ProbesState {
  readonly probeForm: ProbeForm;
  /** In the order in which they came. */
  readonly probeResults: readonly ProbeResult[];
  /** The one whose classes, cases and settings are shown. */
  readonly shownResult: number | undefined;
  setProbeForm(change: Partial<ProbeForm>): void;
  startProbe(): Promise<void>;
  showResult(id: number): void;
  removeResult(id: number): void;
}
