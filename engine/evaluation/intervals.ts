/** How far a number may be off because only these items were measured: 95 % intervals. */
import { quantile, sorted } from "../probes/statistics.ts";
import { Draws } from "../random/draws.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const level = 0.95;

/** How often a bootstrap draws the items anew, unless it is told otherwise. */
export const resamples = 1000;

/** Keys the draws of a bootstrap, so that they are no other draws of the same seed. */
const purpose = 0xb007;

/**
 * Percentile bootstrap (Efron 1979) over items: as many items as there are, drawn with replacement,
 * measured again, a thousand times. Any number that is a function of the set is a statistic, such as
 * an IoU that is pooled over images.
 *
 * @param count     of the items
 * @param statistics of a drawn set: `drawn[i]` is how often item i is in it. One value a number; NaN
 *   where the drawn set has none, which leaves this set out
 * @returns one interval a number; undefined where fewer than half of the drawn sets have a value
 */
export function bootstrap(
  count: number,
  seed: number,
  statistics: (drawn: Int32Array) => readonly number[],
  times = resamples,
): (Interval | undefined)[] {
  if (count === 0) return statistics(new Int32Array(0)).map(() => undefined);
  const values: number[][] = [];
  const drawn = new Int32Array(count);
  for (let t = 0; t < times; t++) {
    const draws = new Draws(seed, purpose, t);
    drawn.fill(0);
    for (let i = 0; i < count; i++) drawn[draws.below(count)]! += 1;
    statistics(drawn).forEach((value, k) => {
      const own = (values[k] ??= []);
      if (!Number.isNaN(value)) own.push(value);
    });
  }
  return values.map((own) => {
    if (own.length < times / 2) return undefined;
    const ascending = sorted(own);
    return {
      low: quantile(ascending, (1 - level) / 2),
      high: quantile(ascending, (1 + level) / 2),
    };
  });
}

/** {@link bootstrap} of means over items, one number a column; NaN is an item without this number. */
export function bootstrapMeans(
  columns: readonly ArrayLike<number>[],
  seed: number,
  times = resamples,
): (Interval | undefined)[] {
  const count = columns[0]?.length ?? 0;
  return bootstrap(
    count,
    seed,
    (drawn) =>
      columns.map((column) => {
        let [sum, weight] = [0, 0];
        for (let i = 0; i < drawn.length; i++) {
          const value = column[i]!;
          if (drawn[i] === 0 || Number.isNaN(value)) continue;
          sum += drawn[i]! * value;
          weight += drawn[i]!;
        }
        return sum / weight;
      }),
    times,
  );
}

/**
 * Wilson's score interval (1927) of a proportion: for items that are right or wrong it needs no
 * drawing, and it stays within 0..1 also where all are right.
 */
export function proportionInterval(right: number, count: number): Interval | undefined {
  if (count === 0) return undefined;
  // The normal quantile of 0.975.
  const z = 1.959963984540054;
  const p = right / count;
  const scale = 1 / (1 + (z * z) / count);
  const middle = scale * (p + (z * z) / (2 * count));
  const reach = scale * z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  return { low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}
