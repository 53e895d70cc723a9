/** How far predicted depths are from the truth: the measures of monocular depth estimation. */
import type { ReportedNumber } from "./probe-report.ts";

/**
 * Measures in the order of {@link depthErrors}, named as the literature does (Eigen et al. 2014,
 * arXiv:1406.2283). RMSE comes first: it stands for the probe.
 */
export const depthMeasures = [
  { name: "RMSE", unit: "metres", isBetterHigher: false },
  { name: "abs rel", unit: "none", isBetterHigher: false },
  { name: "delta1", unit: "fraction", isBetterHigher: true },
  { name: "delta2", unit: "fraction", isBetterHigher: true },
  { name: "delta3", unit: "fraction", isBetterHigher: true },
  { name: "sq rel", unit: "metres", isBetterHigher: false },
  { name: "MAE", unit: "metres", isBetterHigher: false },
  { name: "RMSE log", unit: "log metres", isBetterHigher: false },
  { name: "log10", unit: "none", isBetterHigher: false },
  { name: "silog", unit: "log metres", isBetterHigher: false },
] as const satisfies readonly Pick<ReportedNumber, "name" | "unit" | "isBetterHigher">[];

/**
 * Over the pixels whose depth is known and lies in the range, with p predicted and t true:
 *   RMSE      sqrt(mean (p - t)^2)         RMSE log  sqrt(mean (ln p - ln t)^2)
 *   abs rel   mean |p - t| / t             log10     mean |lg p - lg t|
 *   sq rel    mean (p - t)^2 / t           silog     deviation of ln p - ln t
 *   delta k   part with max(p / t, t / p) < 1.25^k
 *
 * @param predicted metres, above 0
 * @param truth     metres, 0 where it is not known
 * @returns in the order of {@link depthMeasures}; NaN where no pixel counts
 */
export function depthErrors(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  [nearest, farthest]: readonly [number, number],
): number[] {
  let count = 0;
  let [squares, relative, squaredRelative, absolute] = [0, 0, 0, 0];
  let [logs, logSquares, logAbsolutes] = [0, 0, 0];
  const within = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const t = truth[i]!;
    if (!(t > 0 && t >= nearest && t <= farthest)) continue;
    const p = predicted[i]!;
    const difference = Math.abs(p - t);
    const log = Math.log(p / t);
    count++;
    squares += difference * difference;
    relative += difference / t;
    squaredRelative += (difference * difference) / t;
    absolute += difference;
    logs += log;
    logSquares += log * log;
    logAbsolutes += Math.abs(log);
    const ratio = Math.max(p / t, t / p);
    for (let k = 0; k < 3; k++) if (ratio < 1.25 ** (k + 1)) within[k]! += 1;
  }
  const meanLog = logs / count;
  return [
    Math.sqrt(squares / count),
    relative / count,
    ...within.map((own) => own / count),
    squaredRelative / count,
    absolute / count,
    Math.sqrt(logSquares / count),
    logAbsolutes / count / Math.LN10,
    Math.sqrt(Math.max(0, logSquares / count - meanLog * meanLog)),
  ];
}
