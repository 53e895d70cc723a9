/**
 * The looks of one PCA picture: the signs of three components (8) and which of them is red, green
 * and blue (6), which makes 48, or one component alone, in grey. A component's sign and order carry
 * no meaning, so the viewer may pick. No three colours can be told apart in all their mixtures by
 * colour-blind eyes; a component alone is read by its lightness.
 */

/** Which component, counted from 0, is shown as red, green and blue; the last three are grey. */
export const componentOrders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
  [0, 0, 0],
  [1, 1, 1],
  [2, 2, 2],
] as const;

/** The orders that show all three components. */
export const mixedOrders = componentOrders.slice(0, 6);

/** The component that an order shows alone, counted from 0; undefined where it shows all three. */
export const aloneIn = (order: number): number | undefined =>
  order >= mixedOrders.length ? componentOrders[order]?.[0] : undefined;

export interface PcaVariant {
  /** 0..7; bit i flips component i. */
  readonly signs: number;
  /** 0..8, index into {@link componentOrders}. */
  readonly order: number;
}

export const plainVariant: PcaVariant = { signs: 0, order: 0 };

/**
 * Every preset maps a component z so that -z lands at 1 minus its colour; so a flipped sign is the
 * complement of the channel, and nothing has to be fitted again.
 *
 * @param rgb float32 [p, 3] in 0..1, NaN where left out
 * @returns float32 [p, 3]
 */
export function applyPcaVariant(rgb: Float32Array, { signs, order }: PcaVariant): Float32Array {
  const sources = componentOrders[order] ?? componentOrders[0];
  const out = new Float32Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    sources.forEach((component, channel) => {
      const value = rgb[i + component]!;
      out[i + channel] = (signs >> component) & 1 ? 1 - value : value;
    });
  }
  return out;
}
