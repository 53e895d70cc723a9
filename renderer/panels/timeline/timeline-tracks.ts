/** Which curves a timeline offers: scores of a comparison first, then what the run logged. */
import type { Curve } from "../../charts/curve-data.ts";
import type { Band, PlotEvents } from "../../charts/curve-plot.ts";
import { scoreNames, type ScoreName } from "../../../engine/protocol/comparison.ts";
import type { KeptComparison } from "../../../engine/protocol/timeline.ts";
import type { Curves } from "../../../engine/protocol/run-curves.ts";
import { flagColumns } from "../../../engine/protocol/run-marks.ts";
import { noteOf, termNotes } from "../../../engine/protocol/term-notes.ts";

export interface Track {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly about: string;
  readonly curve: Curve;
  readonly band: Band | undefined;
}

/** The plots do not zoom: ticks and curves share one scale. */
export const notCurves: PlotEvents = { onPoint: () => {}, onZoom: () => {} };

const scoreTitles: Partial<Record<ScoreName, string>> = {
  clsPatchCosine: "CLS–patch cosine (global)",
  effectiveRank: "Effective rank",
  mapRoughness: "Map roughness (dense)",
  shiftMatching: "Matching after a shift (dense)",
  cropMatching: "Matching across crops (dense)",
  cycleConsistency: "Cycle consistency (dense)",
};

const notDrawn = new Set(["step", "elapsed_s", "head_warmup", ...Object.keys(flagColumns)]);

export function tracksOf({ steps, columns }: Curves, scores: KeptComparison | undefined): Track[] {
  const known = Object.keys(termNotes).filter((key) => key in columns);
  const others = Object.keys(columns).filter((key) => !(key in termNotes));
  const logged = [...known, ...others]
    .filter((key) => !notDrawn.has(key))
    .map((key): Track => {
      const { title, unit, note, factor } = noteOf(key);
      const values = columns[key]!;
      const scaled = factor === 1 ? values : values.map((value) => value * factor);
      const curve = { steps, values: scaled };
      return { key: `log ${key}`, title, unit, about: note, curve, band: undefined };
    });
  return [...(scores ? scoreTracks(scores) : []), ...logged];
}

function scoreTracks({ models, degradation, data }: KeptComparison): Track[] {
  const about = `Of the last comparison, on ${data}`;
  const track = (key: string, title: string, unit: string, points: readonly Point[]): Track => ({
    key,
    title,
    unit,
    about,
    curve: { steps: points.map((p) => p.step), values: points.map((p) => p.mean) },
    band: { low: points.map((p) => p.low), high: points.map((p) => p.high) },
  });
  const quality = degradation?.quality.toSorted((a, b) => a.step - b.step) ?? [];
  const ordered = models.toSorted((a, b) => a.step - b.step);
  const found = scoreNames.flatMap((name) => {
    const points = ordered.flatMap(({ step, scores }) => {
      const value = scores[name];
      return value ? [{ step, ...value }] : [];
    });
    const title = scoreTitles[name];
    return title !== undefined && points.length > 0 ? [track(name, title, "", points)] : [];
  });
  return quality.length > 0
    ? [track("quality", "Dense quality", "deviations", quality), ...found]
    : found;
}

interface Point {
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
