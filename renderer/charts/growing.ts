/** Extremes and buckets of columns that only grow, for a chart that is drawn again with each step. */
import { along, type Column } from "../../engine/protocol/growing-columns.ts";

export interface Extremes {
  readonly latest: number;
  readonly least: number;
  readonly most: number;
}

/** @returns gives latest, smallest and largest finite value; undefined where there is none */
export function makeExtremes(): (values: Column) => Extremes | undefined {
  const follow = along<{ found: Extremes | undefined }>(
    () => ({ found: undefined }),
    (state, values, from) => {
      let { latest, least, most } = state.found ?? {
        latest: NaN,
        least: Infinity,
        most: -Infinity,
      };
      for (let i = from; i < values.length; i++) {
        const value = values[i]!;
        if (!Number.isFinite(value)) continue;
        latest = value;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      if (least <= most) state.found = { latest, least, most };
    },
  );
  return (values) => follow(values).found;
}

/** Points cut into equal lengths of steps. */
export interface Buckets {
  /** Those that hold a point, ascending: number n spans the steps from n times the width on. */
  readonly numbers: number[];
  /** Two for each: the smallest and the largest value, in the order in which they came. */
  readonly pairs: number[];
}

interface Filling extends Buckets {
  /** Indices of the smallest and the largest value of the last bucket. */
  least: number;
  most: number;
}

/** What the last bucket holds so far. */
function close({ numbers, pairs, least, most }: Filling, values: Column): void {
  if (numbers.length === 0) return;
  pairs[2 * numbers.length - 2] = values[Math.min(least, most)]!;
  pairs[2 * numbers.length - 1] = values[Math.max(least, most)]!;
}

/** @param width steps in a bucket */
export function makeBuckets(width: number): (steps: Column, values: Column) => Buckets {
  let steps: Column = [];
  const follow = along<Filling>(
    () => ({ numbers: [], pairs: [], least: 0, most: 0 }),
    (state, values, from) => {
      const { numbers } = state;
      for (let i = from; i < values.length; i++) {
        const number = Math.floor(steps[i]! / width);
        if (number !== numbers.at(-1)) {
          close(state, values);
          numbers.push(number);
          state.least = state.most = i;
        }
        const value = values[i]!;
        // Not `value < ...`: whatever is finite is better than a NaN that came first.
        if (Number.isFinite(value)) {
          if (!(value >= values[state.least]!)) state.least = i;
          if (!(value <= values[state.most]!)) state.most = i;
        }
      }
      close(state, values);
    },
  );
  return (ofValues, values) => {
    steps = ofValues;
    return follow(values);
  };
}
