/** Order statistics and colour-scale ends of a map's values. Values that are NaN are left out. */

export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Arithmetic mean; 0 of nothing. */
export function mean(values: ArrayLike<number>): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

/**
 * Quantile with linear interpolation between order statistics, as NumPy's default.
 *
 * @param ascending as {@link sorted} returns it
 * @param q in [0, 1]
 */
export function quantile(ascending: Float64Array, q: number): number {
  if (ascending.length === 0) return 0;
  const place = q * (ascending.length - 1);
  const low = Math.floor(place);
  const a = ascending[low]!;
  const b = ascending[Math.min(low + 1, ascending.length - 1)]!;
  return a + (b - a) * (place - low);
}

export function median(values: ArrayLike<number>): number {
  return quantile(sorted(values), 0.5);
}

/** Median of the absolute deviations from the median. */
export function medianDeviation(ascending: Float64Array): number {
  const middle = quantile(ascending, 0.5);
  return median(ascending.map((value) => Math.abs(value - middle)));
}

/**
 * The colour scale of similarities: from the smallest value, rounded down to a tenth, up to 1. So
 * the bright end always means "the same", and neighbouring pictures rarely change scale.
 */
export function similarityRange(values: ArrayLike<number>): [number, number] {
  const [low] = extent(values);
  return [Math.max(-1, Math.min(0.9, floorTenth(low))), 1];
}

/** Both ends rounded outwards to a tenth, for values that stay far from 1. */
export function roundedRange(values: ArrayLike<number>): [number, number] {
  const [low, high] = extent(values);
  return [floorTenth(low), Math.max(-floorTenth(-high), floorTenth(low) + 0.1)];
}

/** Smallest and largest; [0, 0] of nothing. */
export function extent(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/** Rounding noise must not cost a step: a computed 0.7000001 or 0.6999999 is 0.7. */
function floorTenth(value: number): number {
  return Math.floor(value * 10 + 1e-4) / 10 + 0;
}
