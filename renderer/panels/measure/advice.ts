/** What a comparison advises, in the words of a person: a headline, the sentence, what else is to be known. */
import type { CompareReport } from "../../../engine/protocol/comparison.ts";

export interface Advice {
  readonly tone: "fading" | "fine" | "unclear";
  readonly headline: string;
  /** What to do, and the first reason. */
  readonly sentence: string;
  /** Further reasons, and what speaks against it. */
  readonly remarks: readonly string[];
}

/** What of a report is needed for it. */
export interface Advised extends Pick<CompareReport, "kind" | "degradation"> {
  readonly models: readonly Pick<CompareReport["models"][number], "name" | "step">[];
}

/** @returns undefined where there is one model, and nothing to compare it with */
export function adviceOf(report: Advised): Advice | undefined {
  const found = report.degradation?.recommendation;
  if (!found) return undefined;
  const reasons = found.reason.replace(/^there is no degradation to repair: /, "");
  const [reason = "", ...remarks] = inNames(reasons, report).split("; ").map(sentence);
  switch (found.kind) {
    case "teacher": {
      const place = placeName(found.step, report);
      return {
        tone: "fading",
        headline: `Dense features are fading: best at ${place}`,
        sentence: `Take ${place} as the Gram teacher, because ${lowered(reason)}`,
        remarks,
      };
    }
    case "none":
      return { tone: "fine", headline: "No degradation to repair", sentence: reason, remarks };
    case "unclear":
      return { tone: "unclear", headline: "Too little to tell", sentence: reason, remarks };
  }
}

/** "step 12,000", or the name of a listed model. */
export function placeName(step: number, { kind, models }: Omit<Advised, "degradation">) {
  const name = models.find((model) => model.step === step)?.name;
  return kind === "models" && name !== undefined ? name : `step ${step.toLocaleString("en-US")}`;
}

/** Models that are listed are known by their names, not by their places in the list. */
const inNames = (text: string, report: Advised) =>
  text.replace(/\bstep (\d+)/g, (_, step: string) => placeName(Number(step), report));

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const lowered = (text: string) => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;

export const directionWords = {
  higher: { sign: "↑", words: "higher is better" },
  lower: { sign: "↓", words: "lower is better" },
  neither: { sign: "·", words: "neither way is better" },
} as const;
