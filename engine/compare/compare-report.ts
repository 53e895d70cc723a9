/** What a comparison found, as lines for a terminal. Its shape is the protocol's. */
import { compareVersion, type ComparedModel, type CompareReport } from "../protocol/comparison.ts";
import { scores, type ScoreName } from "../scores/catalog.ts";
import type { Degradation } from "../scores/degradation.ts";

export { compareVersion, type ComparedModel, type CompareReport };

/** Columns of the table: those that tell most, by names that fit a terminal. */
const columns: readonly (readonly [name: ScoreName, title: string])[] = [
  ["clsPatchCosine", "CLS-patch"],
  ["mapRoughness", "rough"],
  ["shiftMatching", "shift"],
  ["cropMatching", "crop"],
  ["resolutionMatching", "2x"],
  ["cycleConsistency", "cycle"],
  ["effectiveRank", "rank"],
];

const barCells = 12;

/** For people. @returns lines, without one at the end */
export function formatComparison(report: CompareReport): string {
  const { models, degradation, data, description } = report;
  const qualities = models.map(
    ({ step }) => degradation?.quality.find((point) => point.step === step)?.mean,
  );
  const known = qualities.filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const bar = (value: number | undefined) => {
    if (value === undefined) return "";
    const part = high > low ? (value - low) / (high - low) : 1;
    return "█".repeat(Math.max(1, Math.round(part * barCells))).padEnd(barCells);
  };
  const rows = models.map(({ name, scores: own }, i) => [
    name,
    ...(degradation ? [signed(qualities[i]), bar(qualities[i])] : []),
    ...columns.map(([score]) => short(own[score]?.mean)),
  ]);
  const titles = [
    "",
    ...(degradation ? ["quality ↑", ""] : []),
    ...columns.map(([score, title]) => `${title}${direction(score)}`),
  ];
  const found = degradation?.recommendation;
  return [
    `${description}; ${data.description}`,
    "",
    ...table([titles, ...rows]),
    ...(found ? ["", byName(advice(found), report)] : []),
  ].join("\n");
}

export function advice(found: Degradation["recommendation"]): string {
  const sentence = `${found.reason[0]!.toUpperCase()}${found.reason.slice(1)}.`;
  return found.kind === "teacher"
    ? `Take step ${found.step} as the Gram teacher. ${sentence}`
    : sentence;
}

/** Models that are listed are known by their names, not by their places in the list. */
function byName(text: string, { kind, models }: CompareReport): string {
  if (kind === "run") return text;
  const nameAt = (step: string) => models.find((model) => model.step === Number(step))?.name;
  return text.replace(/\bstep (\d+)/g, (all, step: string) => nameAt(step) ?? all);
}

function direction(name: ScoreName): string {
  const { isBetter } = scores[name];
  return isBetter === "neither" ? "" : isBetter === "higher" ? " ↑" : " ↓";
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) =>
    row
      .map((text, c) => (c === 0 ? text.padEnd(widths[c]!) : text.padStart(widths[c]!)))
      .join("  ")
      .trimEnd(),
  );
}

function short(value: number | undefined): string {
  if (value === undefined) return "-";
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function signed(value: number | undefined): string {
  return value === undefined ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}
