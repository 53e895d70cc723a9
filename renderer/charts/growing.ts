/**
 * What is computed along a column of numbers that only grows: each number is looked at once, however
 * often a chart is drawn. A column is the same for as long as its array is; who changes or takes away
 * what is in it makes a new array.
 */

type Column = ArrayLike<number>;

/** Remembers, for each column, how far it was followed and what came of it. */
export function along<State>(
  begin: () => State,
  /** Takes in the numbers from an index on. */
  take: (state: State, values: Column, from: number) => void,
): (values: Column) => State {
  const known = new WeakMap<Column, { readonly state: State; length: number }>();
  return (values) => {
    let entry = known.get(values);
    if (!entry || entry.length > values.length) {
      entry = { state: begin(), length: 0 };
      known.set(values, entry);
    }
    if (entry.length < values.length) take(entry.state, values, entry.length);
    entry.length = values.length;
    return entry.state;
  };
}

/** @returns gives each column times a factor, as a column that grows along */
export function makeScaler(factor: number): (values: Column) => Column {
  return along<number[]>(
    () => [],
    (scaled, values, from) => {
      for (let i = from; i < values.length; i++) scaled.push(values[i]! * factor);
    },
  );
}

interface Mean {
  readonly result: number[];
  mean: number;
  missing: number;
  isConstant: boolean;
}

/**
 * TensorBoard's exponential moving average with bias correction. What is not finite stays as it is
 * and does not count; for as long as values are equal they are left alone, so that rounding cannot
 * bend a straight line.
 * @param weight of the past, from 0 (nothing is smoothed) to below 1
 */
function makeMean(weight: number): (values: Column) => Column {
  const follow = along<Mean>(
    () => ({ result: [], mean: 0, missing: 1, isConstant: true }),
    (state, values, from) => {
      const first = values[0];
      for (let i = from; i < values.length; i++) {
        const value = values[i]!;
        if (!Object.is(value, first)) state.isConstant = false;
        if (Number.isFinite(value)) {
          state.mean = state.mean * weight + (1 - weight) * value;
          state.missing *= weight;
        }
        const isKept = weight <= 0 || state.isConstant || !Number.isFinite(value);
        state.result.push(isKept ? value : state.mean / (1 - state.missing));
      }
    },
  );
  return (values) => follow(values).result;
}

/** Smooths each column as it grows, for as long as the weight is the same. */
export function makeSmoother(): (values: Column, weight: number) => Column {
  let known: { readonly weight: number; readonly smooth: (values: Column) => Column } | undefined;
  return (values, weight) => {
    if (known?.weight !== weight) known = { weight, smooth: makeMean(weight) };
    return known.smooth(values);
  };
}

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
