/** A comparison as the page knows it: how it is asked for, and what was found so far. */
import type { CompareReport, ScoredModel } from "../../engine/protocol/comparison.ts";
import type { PayloadInput } from "../../engine/protocol/messages.ts";

export type CompareWish = PayloadInput<"compare.run">;

/** What a person fills in, numbers as they are typed; kept while pages change. */
export interface CompareForm {
  readonly of: "run" | "models";
  readonly run: string;
  /** In the order of time, oldest first, as far as there is one. */
  readonly models: readonly string[];
  readonly images: "scenes" | "samples" | "folder";
  readonly folder: string;
  readonly limit: string;
  readonly size: string;
  readonly seed: string;
  /** A model whose Gram matrices the others' are measured from; "" for none. */
  readonly reference: string;
}

type Quality = NonNullable<CompareReport["degradation"]>["quality"];

export interface Comparison {
  readonly wish: CompareWish;
  /** In the order in which they came. */
  readonly scored: readonly ScoredModel[];
  /** Dense quality of the models so far; it shifts with every further one. */
  readonly quality: Quality | undefined;
  /** When everything is scored. */
  readonly report: CompareReport | undefined;
}

export interface CompareState {
  readonly compareForm: CompareForm;
  readonly comparison: Comparison | undefined;
  setCompareForm(change: Partial<CompareForm>): void;
  startCompare(): Promise<void>;
  /** Write a refinement with the advised Gram teacher into the recipe, and go there. */
  refineAsAdvised(): Promise<void>;
  /** Open a compared model on the photographs. */
  lookAtCompared(path: string): Promise<void>;
  /** Take a compared model over to the probes. */
  probeCompared(path: string): void;
}
