/** How well scores rank the right ones first. */

/**
 * Average precision as scikit-learn computes it: the sum over the distinct scores, falling, of the
 * precision there times the recall gained; without interpolation.
 * @param labels [n], 1 where right
 * @returns 0 to 1; undefined where nothing is right, so that there is no recall
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | undefined {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  let right = 0;
  for (let i = 0; i < labels.length; i++) right += labels[i] === 1 ? 1 : 0;
  if (right === 0) return undefined;
  let [found, counted, sum] = [0, 0, 0];
  order.forEach((index, rank) => {
    if (labels[index] === 1) found++;
    const isLastOfScore = rank + 1 === order.length || scores[order[rank + 1]!] !== scores[index];
    if (!isLastOfScore) return;
    sum += ((found - counted) / right) * (found / (rank + 1));
    counted = found;
  });
  return sum;
}
