/** How a point looks, for the shader that draws it on the screen and for the program that draws it in figures. */

/** CSS pixels across: no point is smaller. */
export const leastDiameter = 2;

/** Times the diameter of others: where the pointer is, and where a patch is held or asked about. */
export const pointedSize = 2.1;
export const heldSize = 1.55;
/** A diamond of one width with a circle looks smaller. */
export const diamondSize = 1.2;

/** How far a marked point comes to the front, 0..1: it is never hidden behind what is not. */
export const pointedFront = 0.98;
export const heldFront = 0.9;

/**
 * Parts of the radius. A thin rim parts points that overlap, and a pale one from a pale ground; a held
 * point has a ring of ink around one of paper.
 */
export const rimFrom = 0.84;
export const rimInk = 0.4;
export const inkFrom = 0.74;
export const paperFrom = 0.6;

/** In CSS pixels at the distance from which the whole box is seen. */
export const pointDiameter = (count: number): number =>
  Math.min(13, Math.max(3.6, 170 / Math.sqrt(count)));
