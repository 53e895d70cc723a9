/** Patches that are far longer than the rest before the final norm. */
import { outlierThreshold } from "../probes/norm.ts";
import { squaredLengths } from "../probes/rows.ts";
import { extent, quantile, sorted } from "../probes/statistics.ts";
import type { ViewTokens } from "./views.ts";

/** @returns part of the patches over {@link outlierThreshold}, in [0, 1]; undefined without `before` */
export function normOutliers(view: ViewTokens): number | undefined {
  const lengths = lengthsBefore(view);
  if (!lengths) return undefined;
  const threshold = outlierThreshold(lengths);
  return lengths.filter((value) => value > threshold).length / lengths.length;
}

/** @returns longest / median, at least 1; 1 where all are zero; undefined without `before` */
export function normRatio(view: ViewTokens): number | undefined {
  const lengths = lengthsBefore(view);
  if (!lengths) return undefined;
  const median = quantile(sorted(lengths), 0.5);
  return median > 0 ? extent(lengths)[1] / median : 1;
}

function lengthsBefore({ before, rows, cols, width }: ViewTokens): Float32Array | undefined {
  if (!before) return undefined;
  return Float32Array.from(squaredLengths({ data: before, count: rows * cols, width }), Math.sqrt);
}
