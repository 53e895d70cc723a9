/** Where the labels of marked steps stand over a chart: beside their lines, none over another. */

export interface LabelledLine {
  /** Where the line stands, from the left. */
  readonly at: number;
  /** Of its label. */
  readonly width: number;
  /** It has room before the others. */
  readonly isGood: boolean;
}

/**
 * On the right of its line; on the left where that would pass the end.
 *
 * @param gap between a line and its label; two labels are three of it apart
 * @returns where each label starts; undefined where it has no room
 */
export function labelStarts(
  lines: readonly LabelledLine[],
  { gap, end }: { readonly gap: number; readonly end: number },
): (number | undefined)[] {
  const starts = new Array<number | undefined>(lines.length).fill(undefined);
  const taken: { readonly from: number; readonly to: number }[] = [];
  const order = lines.map((line, index) => ({ ...line, index }));
  order.sort((a, b) => Number(b.isGood) - Number(a.isGood) || a.at - b.at);
  for (const { at, width, index } of order) {
    if (width === 0) continue;
    const isLate = at + gap + width > end;
    const from = isLate ? at - gap - width : at + gap;
    const to = from + width;
    if (taken.some((one) => from < one.to + 3 * gap && to + 3 * gap > one.from)) continue;
    taken.push({ from, to });
    starts[index] = from;
  }
  return starts;
}
