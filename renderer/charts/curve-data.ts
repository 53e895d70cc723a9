/** Curves as numbers: several runs on one x axis, points thinned to pixels, the value under a cursor. */
import { makeBuckets, type Buckets } from "./growing.ts";

/** Ascending steps and one value for each; NaN where a value is missing. */
export interface Curve {
  readonly steps: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export type Span = readonly [low: number, high: number];

/** Columns of numbers as uPlot takes them: null breaks the line, undefined is drawn over. */
export interface Aligned {
  readonly x: Float64Array;
  readonly y: readonly (number | null | undefined)[][];
  /** There were more points than pixels: lines go up and down in each of them. */
  readonly isThinned: boolean;
}

/**
 * Several curves on one x axis. Where their points in sight fit on the pixels they keep their own
 * steps; otherwise every bucket of steps, a pixel wide at most, keeps each curve's smallest and
 * largest value, in the order in which they came. One point on either side of the sight stays, so
 * that lines leave it. Buckets lie at multiples of a power of two: they stay as they are when a step
 * is added, and only what is new is looked at (growing.ts).
 * @param span of steps in sight
 * @param columns pixels across
 */
export function alignCurves(curves: readonly Curve[], span: Span, columns: number): Aligned {
  const parts = curves.map(({ steps }) => inSight(steps, span));
  const most = Math.max(0, ...parts.map(([from, to]) => to - from));
  if (most <= 2 * columns) {
    const different = new Map(curves.map(({ steps }, i) => [steps, parts[i]!]));
    const x = mergeSteps([...different].map(([steps, part]) => slice(steps, part)));
    // Runs that log at steps of their own add up to more than one of them does.
    if (x.length <= 4 * columns) {
      return { x, y: curves.map((c, i) => onSteps(c, parts[i]!, x)), isThinned: false };
    }
  }
  return thin(curves, span, Math.max(1, Math.floor(columns)));
}

/** All steps that occur, ascending, each once. */
export function mergeSteps(lists: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let length = 0;
  for (const list of lists) {
    all.set(list, length);
    length += list.length;
  }
  if (lists.length > 1) all.sort();
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

/** By their width. */
const bucketsOf = new Map<number, ReturnType<typeof makeBuckets>>();

/** Two rows a bucket: at its left edge and in its middle. */
function thin(curves: readonly Curve[], [low, high]: Span, columns: number): Aligned {
  const width = 2 ** Math.floor(Math.log2((high - low) / columns || 1));
  const inBuckets = bucketsOf.get(width) ?? makeBuckets(width);
  bucketsOf.set(width, inBuckets);
  // A bucket on either side, for what lies just out of sight.
  const first = Math.floor(low / width) - 1;
  const count = Math.floor(high / width) + 2 - first;
  const x = Float64Array.from({ length: 2 * count }, (_, i) => (first + i / 2) * width);
  const y = curves.map((curve) => {
    const row = rowOf(inBuckets(curve.steps, curve.values), first, count);
    leaveSight(row, curve, x, width);
    return row;
  });
  return { x, y, isThinned: true };
}

type Row = (number | null | undefined)[];

function rowOf({ numbers, pairs }: Buckets, first: number, count: number): Row {
  const row: Row = new Array<undefined>(2 * count).fill(undefined);
  for (let at = lowerBound(numbers, first); at < numbers.length; at++) {
    const place = numbers[at]! - first;
    if (place >= count) break;
    row[2 * place] = shown(pairs[2 * at]!);
    row[2 * place + 1] = shown(pairs[2 * at + 1]!);
  }
  return row;
}

/** What lies far out of sight may not be moved next to it as it is: the line would turn. */
function leaveSight(row: Row, { steps, values }: Curve, x: Float64Array, width: number): void {
  const [start, end] = [x[0]!, x.at(-2)! + width];
  const before = lowerBound(steps, start) - 1;
  const after = lowerBound(steps, end);
  const cross = (place: number, a: number) => {
    if (row[place] !== undefined || a < 0 || a + 1 >= steps.length) return;
    row[place] = shown(
      between([steps[a]!, values[a]!], [steps[a + 1]!, values[a + 1]!], x[place]!),
    );
  };
  for (const place of [0, 1]) cross(place, before);
  for (const place of [row.length - 2, row.length - 1]) cross(place, after - 1);
}

/** On the line through two points. */
function between(a: Span, b: Span, at: number): number {
  return a[1] + ((b[1] - a[1]) * (at - a[0])) / (b[0] - a[0] || 1);
}

const shown = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A logarithm has no place for them; the line goes on behind. */
export function hideNonPositive(row: (number | null | undefined)[]): void {
  row.forEach((value, i) => {
    if (value != null && value <= 0) row[i] = undefined;
  });
}

/** Whether a row has one value alone. */
export function isSinglePoint(values: ArrayLike<number | null | undefined>): boolean {
  let count = 0;
  for (let i = 0; i < values.length && count < 2; i++) if (values[i] != null) count++;
  return count === 1;
}

function slice(list: ArrayLike<number>, [from, to]: Span): Float64Array {
  const part = new Float64Array(to - from);
  for (let i = from; i < to; i++) part[i - from] = list[i]!;
  return part;
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
