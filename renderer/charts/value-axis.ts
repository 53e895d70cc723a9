/** The axis of values: its ends, which lines it has and how much room its labels need. */
import uPlot from "uplot";

/** Lines at powers of ten alone, where there are some. */
export function decades(_: uPlot, splits: number[]): (number | null)[] {
  const lines = splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
  return lines.filter((value) => value !== null).length > 1 ? lines : splits;
}

/** Room for the longest label, at 11 px of a monospaced font. */
export const widthOfValues = (_: uPlot, values: readonly (string | null)[] | null): number =>
  14 + 6.7 * Math.max(4, ...(values ?? []).map((text) => text?.length ?? 0));

/**
 * Ends of the axis around what has to lie on it.
 *
 * @param leastSpan smaller differences are not to look large
 */
export function rangeOver(
  values: readonly (number | null | undefined)[],
  leastSpan: number,
  isLog: boolean,
): uPlot.Range.MinMax {
  const known = values.filter((value) => value != null);
  if (known.length === 0) return isLog ? [0.1, 1] : [0, 1];
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const lacks = Math.max(0, leastSpan - (max - min)) / 2;
  if (!isLog) return uPlot.rangeNum(min - lacks, max + lacks, 0.08, true);
  return min > 0 ? uPlot.rangeLog(min, max, 10, false) : [0.1, 1];
}
