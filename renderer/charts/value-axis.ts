/** The axis of values: how far it reaches, which lines it has and how much room its labels need. */
import uPlot from "uplot";

/**
 * Ends of the axis.
 * @param known values that have to be on it, smallest and largest in sight among them
 * @param leastSpan smaller differences are not to look large
 */
export function rangeOfValues(
  known: readonly number[],
  isLog: boolean,
  leastSpan = 0,
): uPlot.Range.MinMax {
  if (known.length === 0) return isLog ? [0.1, 1] : [0, 1];
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const lacks = Math.max(0, leastSpan - (max - min)) / 2;
  if (!isLog) return uPlot.rangeNum(min - lacks, max + lacks, 0.08, true);
  return min > 0 ? uPlot.rangeLog(min, max, 10, false) : [0.1, 1];
}

/** Lines at powers of ten alone, where there are some. */
export function decades(_: uPlot, splits: number[]): (number | null)[] {
  const lines = splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
  return lines.filter((value) => value !== null).length > 1 ? lines : splits;
}

/** Room for the longest label, at 11 px of a monospaced font times the size of text. */
export const widthOfValues = (values: readonly (string | null)[] | null, textScale: number) =>
  14 + 6.7 * textScale * Math.max(4, ...(values ?? []).map((text) => text?.length ?? 0));
