/** Repeated measurements in figures that survive a noisy machine: the median and the spread. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, runs: sorted.length };
}

/** Milliseconds of one call. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * The least of up to three calls, in milliseconds: noise only ever slows. What takes longer than a
 * second runs once, since a long run averages its own noise.
 */
export async function bestTime(work: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  let spent = 0;
  for (let i = 0; i < 3 && spent < 1000; i++) {
    const elapsed = await timed(work);
    best = Math.min(best, elapsed);
    spent += elapsed;
  }
  return best;
}
