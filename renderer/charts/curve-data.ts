/** Curves as numbers: smoothing, several runs on one x axis, points thinned to pixels, the value under a cursor. */

/** Ascending steps and one value for each; NaN where a value is missing. */
export interface Curve {
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export type Span = readonly [low: number, high: number];

/**
 * TensorBoard's exponential moving average with bias correction. What is not finite stays as it is
 * and does not count; equal values are left alone, so that rounding cannot bend a straight line.
 * @param weight of the past, from 0 (nothing is smoothed) to below 1
 */
export function smoothValues(values: ArrayLike<number>, weight: number): Float64Array {
  const result = Float64Array.from(values);
  if (weight <= 0 || isConstant(result)) return result;
  let mean = 0;
  let missing = 1;
  for (let i = 0; i < result.length; i++) {
    const value = result[i]!;
    if (!Number.isFinite(value)) continue;
    mean = mean * weight + (1 - weight) * value;
    missing *= weight;
    result[i] = mean / (1 - missing);
  }
  return result;
}

/** Smooths each array of values once for as long as it keeps its length and weight. */
export function makeSmoother(): typeof smoothValues {
  const known = new WeakMap<ArrayLike<number>, { weight: number; result: Float64Array }>();
  return (values, weight) => {
    const entry = known.get(values);
    if (entry?.weight === weight && entry.result.length === values.length) return entry.result;
    const result = smoothValues(values, weight);
    known.set(values, { weight, result });
    return result;
  };
}

/** Columns of numbers as uPlot takes them: null breaks the line, undefined is drawn over. */
export interface Aligned {
  readonly x: Float64Array;
  readonly y: readonly (number | null | undefined)[][];
}

/**
 * Several curves on one x axis. Where their points in sight fit on the pixels they keep their own
 * steps; otherwise every column of pixels keeps each curve's smallest and largest value, in the
 * order in which they came. One point on either side of the sight stays, so that lines leave it.
 * @param span of steps in sight
 * @param columns pixels across
 */
export function alignCurves(curves: readonly Curve[], span: Span, columns: number): Aligned {
  const parts = curves.map(({ steps }) => inSight(steps, span));
  const most = Math.max(0, ...parts.map(([from, to]) => to - from));
  if (most <= 2 * columns) {
    const x = mergeSteps(curves.map(({ steps }, i) => slice(steps, parts[i]!)));
    // Runs that log at steps of their own add up to more than one of them does.
    if (x.length <= 4 * columns) return { x, y: curves.map((c, i) => onSteps(c, parts[i]!, x)) };
  }
  return thin(curves, parts, span, Math.max(1, Math.floor(columns)));
}

/** All steps that occur, ascending, each once. */
export function mergeSteps(lists: readonly ArrayLike<number>[]): Float64Array {
  const [first] = lists;
  // Measures of one run share theirs.
  const different = first && lists.every((list) => isSame(list, first)) ? [first] : lists;
  const all = new Float64Array(different.reduce((sum, list) => sum + list.length, 0));
  let length = 0;
  for (const list of different) {
    all.set(list, length);
    length += list.length;
  }
  all.sort();
  return all.filter((step, i) => i === 0 || step !== all[i - 1]);
}

/** Index of the point nearest to a step; undefined before the first, after the last and in no points. */
export function nearestIndex(steps: ArrayLike<number>, step: number): number | undefined {
  const last = steps.length - 1;
  if (last < 0 || !(step >= steps[0]! && step <= steps[last]!)) return undefined;
  const after = lowerBound(steps, step);
  if (after === 0) return 0;
  return step - steps[after - 1]! < steps[after]! - step ? after - 1 : after;
}

/** The value of a curve nearest to a step; undefined where the curve does not reach. */
export function valueUnder(curve: Curve, step: number): number | undefined {
  const index = nearestIndex(curve.steps, step);
  return index === undefined ? undefined : curve.values[index];
}

/** The step of any curve that lies nearest; undefined where there is no point. */
export function nearestStep(curves: readonly Curve[], step: number): number | undefined {
  let nearest: number | undefined;
  for (const { steps } of curves) {
    const after = lowerBound(steps, step);
    for (const candidate of [steps[after - 1], steps[after]]) {
      if (candidate === undefined) continue;
      if (nearest === undefined || Math.abs(candidate - step) < Math.abs(nearest - step)) {
        nearest = candidate;
      }
    }
  }
  return nearest;
}

/**
 * The step that a cursor moves to by some points, over all curves.
 * @param from undefined: before the first step where it goes up, after the last where it goes down
 * @param points negative to go back; the ends hold it
 */
export function movedStep(
  curves: readonly Curve[],
  from: number | undefined,
  points: number,
): number | undefined {
  let step = from ?? (points > 0 ? -Infinity : Infinity);
  for (let left = Math.abs(points); left > 0; left--) {
    const next = points > 0 ? stepAfter(curves, step) : stepBefore(curves, step);
    if (next === undefined) break;
    step = next;
  }
  return Number.isFinite(step) ? step : undefined;
}

function stepAfter(curves: readonly Curve[], step: number): number | undefined {
  let nearest: number | undefined;
  for (const { steps } of curves) {
    let i = lowerBound(steps, step);
    while (steps[i] === step) i++;
    const next = steps[i];
    if (next !== undefined && !(next >= nearest!)) nearest = next;
  }
  return nearest;
}

function stepBefore(curves: readonly Curve[], step: number): number | undefined {
  let nearest: number | undefined;
  for (const { steps } of curves) {
    const next = steps[lowerBound(steps, step) - 1];
    if (next !== undefined && !(next <= nearest!)) nearest = next;
  }
  return nearest;
}

export interface Extremes {
  readonly latest: number;
  readonly least: number;
  readonly most: number;
}

/** Latest, smallest and largest finite value; undefined where there is none. */
export function extremesOf(values: ArrayLike<number>): Extremes | undefined {
  let latest: number | undefined;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    latest = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return latest === undefined ? undefined : { latest, least, most };
}

/** First and last step of all curves; undefined where there is no point. */
export function spanOf(curves: readonly Curve[]): Span | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const { steps } of curves) {
    if (steps.length === 0) continue;
    low = Math.min(low, steps[0]!);
    high = Math.max(high, steps[steps.length - 1]!);
  }
  return low <= high ? [low, high] : undefined;
}

/** From the last point before the span to the first after it, end excluded. */
function inSight(steps: ArrayLike<number>, [low, high]: Span): Span {
  const from = Math.max(0, lowerBound(steps, low) - 1);
  let to = lowerBound(steps, high);
  if (to < steps.length) to++;
  return [from, Math.max(from, to)];
}

function onSteps({ steps, values }: Curve, [from, to]: Span, x: Float64Array) {
  const row = new Array<number | null | undefined>(x.length).fill(undefined);
  let at = 0;
  for (let i = from; i < to; i++) {
    while (x[at]! < steps[i]!) at++;
    row[at] = shown(values[i]!);
  }
  return row;
}

/** Two rows a column: at its left edge and in its middle. */
function thin(
  curves: readonly Curve[],
  parts: readonly Span[],
  [low, high]: Span,
  columns: number,
): Aligned {
  const width = (high - low) / columns || 1;
  // A column on either side, for what lies just out of sight.
  const x = Float64Array.from({ length: 2 * (columns + 2) }, (_, i) => low + (i / 2 - 1) * width);
  const y = curves.map((curve, i) => thinRow(curve, parts[i]!, low, width, columns));
  return { x, y };
}

function thinRow(
  { steps, values }: Curve,
  [from, to]: Span,
  low: number,
  width: number,
  columns: number,
) {
  const row = new Array<number | null | undefined>(2 * (columns + 2)).fill(undefined);
  const high = low + width * columns;
  let i = from;
  while (i < to) {
    const column = columnOf(steps[i]!, low, width, columns);
    let least = i;
    let most = i;
    for (; i < to && columnOf(steps[i]!, low, width, columns) === column; i++) {
      const value = values[i]!;
      // Not `value < ...`: whatever is finite is better than a NaN that came first.
      if (Number.isFinite(value)) {
        if (!(value >= values[least]!)) least = i;
        if (!(value <= values[most]!)) most = i;
      }
    }
    row[2 * column] = shown(values[Math.min(least, most)]!);
    row[2 * column + 1] = shown(values[Math.max(least, most)]!);
  }
  // What lies far out of sight may not be moved next to it as it is: the line would turn.
  if (to - from > 1) {
    const leaves = (a: number, b: number, at: number) =>
      shown(between([steps[a]!, values[a]!], [steps[b]!, values[b]!], at));
    if (steps[from]! < low - width) row[0] = row[1] = leaves(from, from + 1, low - width / 2);
    if (steps[to - 1]! > high + width) {
      row[2 * columns + 2] = leaves(to - 2, to - 1, high);
      row[2 * columns + 3] = leaves(to - 2, to - 1, high + width / 2);
    }
  }
  return row;
}

/** On the line through two points. */
function between(a: Span, b: Span, at: number): number {
  return a[1] + ((b[1] - a[1]) * (at - a[0])) / (b[0] - a[0] || 1);
}

function columnOf(step: number, low: number, width: number, columns: number): number {
  const column = Math.floor((step - low) / width);
  // The last step in sight belongs to the last column in sight, what is beyond it to the one after.
  const inside = step <= low + width * columns ? Math.min(column, columns - 1) : columns;
  return Math.max(-1, inside) + 1;
}

const shown = (value: number): number | null => (Number.isFinite(value) ? value : null);

function slice(list: ArrayLike<number>, [from, to]: Span): Float64Array {
  if (list instanceof Float64Array) return list.subarray(from, to);
  return Float64Array.from({ length: to - from }, (_, i) => list[from + i]!);
}

/** Index of the first entry that is not smaller; the length where all are. */
function lowerBound(steps: ArrayLike<number>, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
