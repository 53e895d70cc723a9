/** Axes of charts: round numbers on them, and where a value lies between their ends. */
import { formatStepTick, formatTick } from "../protocol/chart-numbers.ts";

export type Ends = readonly [low: number, high: number];

export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** 0..1 between the ends; outside of them, outside of that. */
export function partOf(value: number, [low, high]: Ends, isLog = false): number {
  if (!isLog) return (value - low) / (high - low);
  return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
}

/** Ends with some air, so that no curve lies on the frame. */
export function fittedEnds(values: readonly number[], isLog: boolean): Ends {
  const known = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  if (known.length === 0) return isLog ? [0.1, 1] : [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const value of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (isLog) return low < high ? [low / 1.2, high * 1.2] : [low / 2, high * 2];
  const air = low < high ? 0.08 * (high - low) : Math.abs(low) || 1;
  return [low - air, high + air];
}

/** Multiples of 1, 2 or 5 times a power of ten; `most` of them at most. */
export function roundTicks([low, high]: Ends, most: number): number[] {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** Powers of ten; with fewer than two of them in sight, round numbers. */
export function logTicks(ends: Ends, most: number): number[] {
  const [low, high] = ends.map((end) => Math.log10(end)) as [number, number];
  const first = Math.ceil(low);
  const count = Math.floor(high) - first + 1;
  if (count < 2) return roundTicks(ends, most).filter((value) => value > 0);
  const every = Math.ceil(count / Math.max(1, most));
  return Array.from({ length: Math.ceil(count / every) }, (_, i) =>
    Number(`1e${first + i * every}`),
  );
}

export function valueTicks(ends: Ends, isLog: boolean, most: number): Tick[] {
  const places = isLog ? logTicks(ends, most) : roundTicks(ends, most);
  return places.map((at) => ({ at, text: formatTick(Math.abs(at) < 1e-12 ? 0 : at) }));
}

/** Whole steps alone: between two of them there is nothing. */
export function stepTicks(ends: Ends, most: number): Tick[] {
  const whole = roundTicks(ends, most).filter(
    (at) => Math.abs(at - Math.round(at)) < 1e-6 * Math.max(1, Math.abs(at)),
  );
  return whole.map((at) => ({ at: Math.round(at), text: formatStepTick(Math.round(at)) }));
}
