/** What was measured as people read it: with its unit, and no more digits than it has. */
import type { ReportedNumber } from "../../../engine/protocol/probe-report.ts";

const minus = (text: string) => text.replace("-", "−");

/** Of scores: "0.515", "25.6", "0.0018". */
export function formatScore(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return minus(Math.round(value).toLocaleString("en-US"));
  if (size >= 10) return minus(value.toFixed(1));
  return minus(size > 0 && size < 0.01 ? value.toPrecision(2) : value.toFixed(3));
}

export const formatSigned = (value: number): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

type Unit = ReportedNumber["unit"];

/** Without its unit: "72.1", "1.234". */
export function formatMeasured(value: number, unit: Unit): string {
  switch (unit) {
    case "fraction":
      return minus((100 * value).toFixed(1));
    case "pixels":
      return minus(value.toFixed(1));
    case "metres":
    case "log metres":
    case "none":
      return minus(value.toFixed(3));
  }
}

export const unitSigns: Readonly<Record<Unit, string>> = {
  fraction: "%",
  metres: "m",
  "log metres": "log m",
  pixels: "px",
  none: "",
};

export const withUnit = (value: number, unit: Unit): string =>
  `${formatMeasured(value, unit)} ${unitSigns[unit]}`.trim();

/** "0.8 s", "41 s", "3 min 20 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Ends and inner values of an axis at round numbers. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/**
 * @param values what has to lie on it; at least one
 * @param least narrowest span, above 0: nearly equal numbers are not to look far apart
 * @param bounds that no value can lie beyond
 */
export function axisOver(
  values: readonly number[],
  least: number,
  [lowest, highest]: readonly [number, number] = [-Infinity, Infinity],
): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const lacks = Math.max(0, least - (high - low)) / 2;
  const step = roundStep((high - low + 2 * lacks) / 4);
  const from = Math.max(lowest, Math.floor((low - lacks) / step + 1e-9) * step);
  const to = Math.min(highest, Math.ceil((high + lacks) / step - 1e-9) * step);
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => tidy(from + i * step));
  return { from: tidy(from), to: tidy(to), ticks };
}

/** 1, 2 or 5 times a power of ten, no smaller than a size. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const times = [1, 2, 5, 10].find((one) => one * power >= size * (1 - 1e-9)) ?? 10;
  return times * power;
}

const tidy = (value: number) => Number(value.toPrecision(12));
