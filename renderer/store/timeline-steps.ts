/** Places on a timeline: which checkpoint a key or a pointer leads to, and which are likely next. */

interface Placed {
  readonly step: number;
}

/** Index of the checkpoint that is nearest to a step; -1 where there is none. */
export function nearestAt(checkpoints: readonly Placed[], step: number): number {
  let [low, high] = [0, checkpoints.length - 1];
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (checkpoints[middle]!.step < step) low = middle + 1;
    else high = middle;
  }
  const before = checkpoints[low - 1];
  const isNearer = before && step - before.step <= checkpoints[low]!.step - step;
  return isNearer ? low - 1 : low;
}

/** The step some checkpoints on; the ends hold it. @returns undefined where there is none */
export function movedBy(
  checkpoints: readonly Placed[],
  from: number,
  count: number,
): number | undefined {
  const at = nearestAt(checkpoints, from) + count;
  return checkpoints[Math.min(checkpoints.length - 1, Math.max(0, at))]?.step;
}

/** Which neighbours are computed ahead, in checkpoints the way it goes. */
const order = [1, -1, 2, -2, 3, 4] as const;

/** Steps to compute ahead, the likeliest first. @param direction 1 to later steps, -1 to earlier ones */
export function neighbours(
  checkpoints: readonly Placed[],
  from: number,
  direction: 1 | -1,
): number[] {
  const at = nearestAt(checkpoints, from);
  return order.flatMap((by) => checkpoints[at + by * direction]?.step ?? []);
}
