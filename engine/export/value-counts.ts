/** How often values occur, and the range that whole numbers of 8 bits serve them best over. */
import { levelsOf, type InputRange } from "./matrix-products.ts";

/** Each limit of a range is tried at the furthest value, and a tenth nearer to 0 so many times. */
const steps = 40;
const nearer = 0.9;

/**
 * Values are counted by the upper half of their bits: sign, exponent and 7 bits of the significand, so
 * that no range need be known beforehand and two values of one count differ by less than 1 %.
 */
export class ValueCounts {
  private readonly counts = new Uint32Array(2 ** 16);

  /** Values that are not finite count for nothing. */
  add(values: Float32Array): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const { counts } = this;
    for (let i = 0; i < bits.length; i++) counts[bits[i]! >>> 16]!++;
  }

  /**
   * The range whose 256 levels have the least sum of squared errors, rounding and cutting off
   * together. A few large values are cut off where the finer steps gain more.
   */
  bestRange(): InputRange {
    const { values, counts } = this.occurring();
    const whole = {
      low: values.reduce((least, value) => Math.min(least, value), 0),
      high: values.reduce((most, value) => Math.max(most, value), 0),
    };
    const best = (candidates: readonly InputRange[]) => {
      const errors = candidates.map((range) => squaredError(values, counts, range));
      return candidates[errors.indexOf(Math.min(...errors))]!;
    };
    const factors = Array.from({ length: steps + 1 }, (_, i) => nearer ** i);
    const { low, high } = best(factors.map((f) => ({ low: f * whole.low, high: f * whole.high })));
    const lower = best(
      [low, ...factors.map((f) => f * whole.low)].map((one) => ({ low: one, high })),
    );
    return best(
      [high, ...factors.map((f) => f * whole.high)].map((one) => ({ ...lower, high: one })),
    );
  }

  private occurring(): { values: Float64Array; counts: Float64Array } {
    const found: [value: number, count: number][] = [];
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (const [upper, count] of this.counts.entries()) {
      // The middle of those that are counted as one.
      bits[0] = (upper << 16) | 0x8000;
      if (count > 0 && Number.isFinite(float[0]!)) found.push([float[0]!, count]);
    }
    return {
      values: Float64Array.from(found, ([value]) => value),
      counts: Float64Array.from(found, ([, count]) => count),
    };
  }
}

function squaredError(values: Float64Array, counts: Float64Array, range: InputRange): number {
  const { scale, zero } = levelsOf(range);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const level = Math.min(255 - zero, Math.max(-zero, Math.round(value / scale)));
    sum += counts[i]! * (value - level * scale) ** 2;
  }
  return sum;
}
