/** Numbers as people read them: fixed width, a true minus, a unit. */

const minus = (text: string) => text.replace("-", "−");

/** As many digits as carry meaning: three after the point below 10, fewer above. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "none";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return minus(value.toLocaleString("en-US"));
  if (size >= 10_000 || (size > 0 && size < 0.001)) return minus(value.toExponential(2));
  return minus(value.toFixed(size < 10 ? 3 : size < 100 ? 2 : 1));
}

/** Three digits after the point, so that nothing jumps while the pointer moves. */
export const formatCosine = (value: number): string => minus(value.toFixed(3));

export { formatEnd } from "../../engine/protocol/figure-keys.ts";

export const formatCount = (value: number): string => value.toLocaleString("en-US");

export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** "about 40 s", "about 3 min": no more precise than an estimate is. */
export function formatRemaining(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `about ${seconds} s` : `about ${Math.round(seconds / 60)} min`;
}

/** @param value parameters of a model, "21.6 M" */
export function formatParameters(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} B`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : formatCount(value);
}

export const formatGigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

/** "CLS", "register 0". */
export const tokenLabel = (token: string): string =>
  token === "cls" ? "CLS" : token.replace(/^register/, "register ");
