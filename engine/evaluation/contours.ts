/**
 * How well a mask follows another: J, the overlap of their regions, and F, the agreement of their
 * contours, as the DAVIS benchmark computes them (Perazzi et al. 2016; davis2017-evaluation).
 */

/** Part of the diagonal within which a contour counts as met. */
export const contourTolerance = 0.008;

/**
 * Intersection over union. Pixels whose `ignore` is not 0 count for neither.
 * @param a [n], not 0 inside
 * @returns 0 to 1; 1 where both are empty
 */
export function regionSimilarity(a: Uint8Array, b: Uint8Array, ignore?: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (ignore && ignore[i] !== 0) continue;
    if (a[i] !== 0 && b[i] !== 0) both++;
    if (a[i] !== 0 || b[i] !== 0) either++;
  }
  return either === 0 ? 1 : both / either;
}

/**
 * Harmonic mean of how much of the one contour lies within the tolerance of the other, and the other
 * way round. Symmetric. The tolerance is a disk of radius ceil(0.008 diagonal) pixels.
 * @param a      [height * width], not 0 inside
 * @param ignore pixels that are taken out of both masks before their contours are drawn
 * @returns 0 to 1; 1 where neither has a contour, 0 where only one has
 */
export function contourAccuracy(
  a: Uint8Array,
  b: Uint8Array,
  width: number,
  height: number,
  ignore?: Uint8Array,
  tolerance = contourTolerance,
): number {
  const radius = Math.ceil(tolerance * Math.hypot(width, height));
  const contourA = contourOf(a, width, height, ignore);
  const contourB = contourOf(b, width, height, ignore);
  const countA = sum(contourA);
  const countB = sum(contourB);
  if (countA === 0 && countB === 0) return 1;
  if (countA === 0 || countB === 0) return 0;
  const met = (contour: Uint8Array, other: Uint8Array): number => {
    const reach = dilate(other, width, height, radius);
    let count = 0;
    for (let i = 0; i < contour.length; i++) count += contour[i]! & reach[i]!;
    return count;
  };
  const precision = met(contourA, contourB) / countA;
  const recall = met(contourB, contourA) / countB;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/**
 * 1 where a pixel differs from its neighbour to the right, below or below to the right; the last row
 * and column look along themselves only, and the last pixel is never on the contour.
 * @returns [height * width]
 */
export function contourOf(
  mask: Uint8Array,
  width: number,
  height: number,
  ignore?: Uint8Array,
): Uint8Array {
  const inside = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0 && (ignore === undefined || ignore[i] === 0)) inside[i] = 1;
  }
  const contour = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const here = inside[at]!;
      const [hasRight, hasBelow] = [x + 1 < width, y + 1 < height];
      const differs =
        (hasRight && inside[at + 1] !== here) ||
        (hasBelow && inside[at + width] !== here) ||
        (hasRight && hasBelow && inside[at + width + 1] !== here);
      if (differs) contour[at] = 1;
    }
  }
  return contour;
}

/** Every pixel within the radius of one that is set: by rows of the disk, from run to run. */
function dilate(set: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const out = new Uint8Array(set.length);
  // Half the width of the disk by the distance from its middle row.
  const reach = Array.from({ length: radius + 1 }, (_, dy) =>
    Math.floor(Math.sqrt(radius * radius - dy * dy)),
  );
  set.forEach((value, at) => {
    if (value === 0) return;
    const y = Math.floor(at / width);
    const x = at % width;
    const last = Math.min(height - 1, y + radius);
    for (let row = Math.max(0, y - radius); row <= last; row++) {
      const half = reach[Math.abs(row - y)]!;
      const start = row * width + Math.max(0, x - half);
      out.fill(1, start, row * width + Math.min(width, x + half + 1));
    }
  });
  return out;
}

function sum(values: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
