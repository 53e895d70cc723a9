/** What the pictures of all probes share: the case that is drawn, and how it is headed. */
import type { ProbeReport, ReportedCase } from "../evaluation/probe-report.ts";
import type { Figure } from "./figure.ts";
import type { Colour } from "../protocol/class-colours.ts";

/** What a figure shows, without the words that all figures have alike. */
export type Shown = Omit<Figure, "heading" | "subject" | "caption"> & {
  /** What is to be seen, for people who do not see it or have no fonts. */
  readonly words: string;
};

/** Panels are this high where there are a few of them in a row. */
export const panelBox = { width: 420, height: 288 };

/** Blue and orange, of any probe: green and red are one colour to many. */
export const right: Colour = [63, 144, 218];
export const wrong: Colour = [231, 99, 0];

/** What the score of one case is called; a report's first number is often of all cases together. */
const scoreNames: Readonly<Record<ProbeReport["probe"], string | undefined>> = {
  knn: "votes for its class",
  linear: "probability of its class",
  segmentation: "mean IoU of its classes",
  depth: "RMSE",
  // At the threshold that counts, or the mean: as the number is called.
  correspondence: undefined,
  discovery: "IoU of the box",
  tracking: "J&F",
  "few-shot": "IoU of the foreground",
};

export function figureOf(
  shown: Shown,
  title: string,
  { probe, numbers, model, preset, seed }: ProbeReport,
  { place, name, score }: ReportedCase,
): Figure {
  const { words, ...rest } = shown;
  const value =
    numbers[0]!.unit === "metres" ? `${score.toFixed(2)} m` : `${(100 * score).toFixed(1)} %`;
  const placed = `${place[0]!.toUpperCase()}${place.slice(1)} case`;
  const heading = `${title}. ${placed}: ${scoreNames[probe] ?? numbers[0]!.name} ${value}`;
  const subject = `${model.name}, ${name}; preset ${preset}, seed ${seed}`;
  return { ...rest, heading, subject, caption: `${heading}. ${subject}. ${words}` };
}
