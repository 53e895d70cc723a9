/** Numbers on a chart: short on an axis, precise where they are read. */

const minus = (text: string) => text.replace("-", "−");

/** "12,000", "1.25M": a step on an axis. */
export function formatStepTick(step: number): string {
  if (Math.abs(step) < 100_000) return step.toLocaleString("en-US");
  const [size, letter] = Math.abs(step) < 1e6 ? [1e3, "k"] : [1e6, "M"];
  return `${Number((step / size).toPrecision(5))}${letter}`;
}

export const formatStep = (step: number): string => step.toLocaleString("en-US");

/** A value on an axis: no more digits than the distance between two ticks asks for. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return minus(shortExponent(value));
  if (size >= 1e6) return minus(`${Number((value / 1e6).toPrecision(4))}M`);
  return minus(Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 6 }));
}

/** Four digits that carry meaning, as many where they are 0, so that little jumps from step to step. */
export function formatReading(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : minus(`${value}`);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1e7) return minus(value.toExponential(2));
  if (size >= 1000) return minus(Math.round(value).toLocaleString("en-US"));
  return minus(value.toPrecision(4));
}

/** "1e−4", "2.5e−4". */
const shortExponent = (value: number) =>
  Number(value.toPrecision(3))
    .toExponential()
    .replace(/\.?0+e/, "e");
