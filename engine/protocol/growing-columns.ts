/**
 * What is computed along a column of numbers that only grows, its smoothing above all: each number is
 * looked at once, however often a chart is drawn. A column is the same for as long as its array is;
 * who changes or takes away what is in it makes a new array.
 */

export type Column = ArrayLike<number>;

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

/** Weights of the past: nothing is smoothed, to nothing else counts but one in a hundred. */
export const smoothingRange = { least: 0, most: 0.99 } as const;

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
