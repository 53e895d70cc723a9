/** The table of a comparison without its looks: columns, order, the best of each, and as CSV. */
import {
  scoreNames,
  type ScoredModel,
  type ScoreName,
} from "../../../engine/protocol/comparison.ts";
import type { ScoreDescription } from "../../../engine/protocol/measuring.ts";
import type { Comparison } from "../../store/measure-compare-state.ts";

export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Column {
  readonly key: "name" | "step" | "quality" | ScoreName;
  readonly title: string;
  readonly about: string;
  readonly isBetter: ScoreDescription["isBetter"];
}

export interface Row {
  readonly model: ScoredModel;
  readonly values: Readonly<Partial<Record<Column["key"], Estimate>>>;
}

export interface Order {
  readonly key: Column["key"];
  readonly isDescending: boolean;
}

export const qualityTitle = "Dense quality";

export const aboutQuality =
  "A weighted, robust mean of the scores, in deviations between images; 0 is the median model. It shifts when models are added.";

export function rowsOf({ scored, quality }: Comparison): Row[] {
  return scored.map((model) => {
    const point = quality?.find(({ step }) => step === model.step);
    return { model, values: { ...model.scores, ...(point ? { quality: point } : {}) } };
  });
}

/** Those that a model has, in the order of the scores. */
export function columnsOf(rows: readonly Row[], scores: readonly ScoreDescription[]): Column[] {
  const has = (key: Column["key"]) => rows.some(({ values }) => values[key] !== undefined);
  const own = scoreNames.filter(has).map((key) =>
    columnOf(
      key,
      scores.find(({ name }) => name === key),
    ),
  );
  const quality: Column = {
    key: "quality",
    title: qualityTitle,
    about: aboutQuality,
    isBetter: "higher",
  };
  return has("quality") ? [quality, ...own] : own;
}

function columnOf(key: ScoreName, score: ScoreDescription | undefined): Column {
  if (!score) return { key, title: key, about: "", isBetter: "neither" };
  const { title, formula, source, isBetter } = score;
  return { key, title, about: `${sentence(formula)} Source: ${source}.`, isBetter };
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What has no value comes last, whichever way; equals stay as they were. */
export function sorted(rows: readonly Row[], { key, isDescending }: Order): Row[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    if (key === "name") {
      return sign * a.model.name.localeCompare(b.model.name, "en", { numeric: true });
    }
    const [x, y] = [a, b].map((row) => (key === "step" ? row.model.step : row.values[key]?.mean));
    if (x === undefined || y === undefined)
      return Number(x === undefined) - Number(y === undefined);
    return sign * (x - y);
  });
}

/** The first press shows the best on top, a second one turns the order round. */
export function nextOrder(now: Order, { key, isBetter }: Pick<Column, "key" | "isBetter">): Order {
  if (now.key === key) return { key, isDescending: !now.isDescending };
  return { key, isDescending: isBetter === "higher" };
}

/** Steps of the best in a column; none where neither way is better, or all are alike. */
export function bestSteps(rows: readonly Row[], { key, isBetter }: Column): ReadonlySet<number> {
  const known = rows.flatMap(({ model, values }) => {
    const mean = values[key]?.mean;
    return mean === undefined ? [] : [{ step: model.step, mean }];
  });
  const means = known.map(({ mean }) => mean);
  const best = isBetter === "higher" ? Math.max(...means) : Math.min(...means);
  const isTold = isBetter !== "neither" && new Set(means).size > 1;
  return new Set(isTold ? known.filter(({ mean }) => mean === best).map(({ step }) => step) : []);
}

/** With the ends of every interval: name, step, path, then mean, low and high of each column. */
export function tableAsCsv(rows: readonly Row[], columns: readonly Column[]): string {
  const header = ["name", "step", "path"].concat(
    columns.flatMap(({ key }) => [key, `${key} low`, `${key} high`]),
  );
  const lines = rows.map(({ model, values }) => [
    model.name,
    String(model.step),
    model.path,
    ...columns.flatMap(({ key }) => {
      const value = values[key];
      return value ? [value.mean, value.low, value.high].map(String) : ["", "", ""];
    }),
  ]);
  return [header, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

/** RFC 4180. */
const csvCell = (text: string) =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
