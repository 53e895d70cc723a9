/** How scores without labels go with labelled probes over many models: Spearman's rho, as a table. */
import type { ProbeName, ProbeReport } from "../evaluation/probe-report.ts";
import type { Estimate } from "../scores/aggregate.ts";
import { scoreNames, type ScoreName } from "../scores/catalog.ts";
import { spearman } from "../scores/neighbour-order.ts";

export interface Correlation {
  readonly score: ScoreName;
  readonly probe: ProbeName;
  /** Of the probe that was correlated. */
  readonly number: string;
  /**
   * Spearman's rho, -1 to 1, of the score and of how good the probe's first number is: an error
   * counts with its sign turned, so that above 0 a higher score goes with a better probe.
   */
  readonly rho: number;
  /** Models that have both. */
  readonly models: number;
}

export interface MeasuredModel {
  readonly probes: readonly ProbeReport[];
  readonly scores: Readonly<Partial<Record<ScoreName, Estimate>>>;
}

/** With fewer, an order says nothing: three models agree by chance in one of six. */
const fewestModels = 4;

export function correlate(models: readonly MeasuredModel[]): Correlation[] {
  const names = [...new Set(models.flatMap(({ probes }) => probes.map(({ probe }) => probe)))];
  return names.flatMap((probe) =>
    scoreNames.flatMap((score) => {
      const both = models.flatMap(({ probes, scores }) => {
        const number = probes.find((report) => report.probe === probe)?.numbers[0];
        const found = scores[score];
        return number && found ? [{ number, score: found.mean }] : [];
      });
      if (both.length < fewestModels) return [];
      const goodness = both.map(({ number }) => (number.isBetterHigher ? 1 : -1) * number.value);
      const rho = spearman(
        both.map((model) => model.score),
        goodness,
      );
      return [{ score, probe, number: both[0]!.number.name, rho, models: both.length }];
    }),
  );
}
