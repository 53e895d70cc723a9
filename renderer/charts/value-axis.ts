/** The axis of values: which lines it has and how much room its labels need. */
import type uPlot from "uplot";

/** Lines at powers of ten alone, where there are some. */
export function decades(_: uPlot, splits: number[]): (number | null)[] {
  const lines = splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
  return lines.filter((value) => value !== null).length > 1 ? lines : splits;
}

/** Room for the longest label, at 11 px of a monospaced font. */
export const widthOfValues = (_: uPlot, values: readonly (string | null)[] | null): number =>
  14 + 6.7 * Math.max(4, ...(values ?? []).map((text) => text?.length ?? 0));
