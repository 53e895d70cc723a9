/** A survey as two tables in Markdown: the models by their numbers, and scores by their use. */
import type { ProbeReport, ReportedNumber } from "../evaluation/probe-report.ts";
import { scoreNames, scores } from "../scores/catalog.ts";
import type { Survey, SurveyedModel } from "./survey.ts";

const probeTitles: Readonly<Record<ProbeReport["probe"], string>> = {
  knn: "k-NN",
  linear: "linear",
  segmentation: "segmentation",
  depth: "depth",
  correspondence: "correspondence",
  discovery: "discovery",
  tracking: "video",
  "few-shot": "few-shot",
};

/** For terminals and documents alike. @returns lines, without one at the end */
export function formatSurvey(survey: Survey): string {
  const { models, correlations } = survey;
  const parts = [numbersTable(models)];
  if (correlations.length > 0) parts.push(correlationTable(survey));
  return parts.join("\n\n");
}

/** One column a model, one row a number: the first of each probe, then the scores. */
function numbersTable(models: readonly SurveyedModel[]): string {
  const [first] = models;
  const probeRows = (first?.probes ?? []).map(({ probe, numbers: [number] }, i) => [
    `${probeTitles[probe]}, ${number!.name} ${arrow(number!.isBetterHigher)}`,
    ...models.map(({ probes }) => formatNumber(probes[i]!.numbers[0]!)),
  ]);
  const scoreRows = scoreNames
    .filter((name) => models.some((model) => model.scores[name]))
    .map((name) => [
      `${name}${direction(name)}`,
      ...models.map((model) => formatScore(model.scores[name]?.mean)),
    ]);
  return pipeTable([["", ...models.map(({ name }) => name)], ...probeRows, ...scoreRows]);
}

function correlationTable({ models, correlations }: Survey): string {
  const probes = [...new Set(correlations.map(({ probe }) => probe))];
  const rows = scoreNames.flatMap((name) => {
    const own = correlations.filter(({ score }) => score === name);
    if (own.length === 0) return [];
    const rhos = probes.map((probe) => own.find((found) => found.probe === probe)?.rho);
    return [[`${name}${direction(name)}`, ...rhos.map(formatRho)]];
  });
  const title = `rho over ${models.length} models`;
  return pipeTable([[title, ...probes.map((probe) => probeTitles[probe])], ...rows]);
}

function arrow(isBetterHigher: boolean): string {
  return isBetterHigher ? "↑" : "↓";
}

function direction(name: (typeof scoreNames)[number]): string {
  const { isBetter } = scores[name];
  return isBetter === "neither" ? "" : ` ${arrow(isBetter === "higher")}`;
}

function formatNumber({ value, unit }: ReportedNumber): string {
  if (unit === "fraction") return (100 * value).toFixed(1);
  return value.toFixed(unit === "pixels" ? 1 : 3);
}

function formatScore(value: number | undefined): string {
  if (value === undefined) return "-";
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function formatRho(value: number | undefined): string {
  return value === undefined ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}

/** The first row is the head; columns after the first are numbers. */
function pipeTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]!.length;
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(3, ...rows.map((row) => row[c]!.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((text, c) => (c === 0 ? text.padEnd(widths[c]!) : text.padStart(widths[c]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, c) => (c === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join("\n");
}
