/** A stream of random numbers that is named by what it is for: (seed, step, image, purpose). */
import { normalAt, uniformAt } from "./counter.ts";

export class Draws {
  private counter = 0;
  private readonly key: number;

  /**
   * Streams of different keys are independent; the same keys give the same stream, in any order, on
   * any machine. So nothing about random numbers has to be kept to resume a run.
   * @param seed 0 to 2^32 - 1
   * @param keys whole numbers from 0 to 2^32 - 1
   */
  constructor(seed: number, ...keys: readonly number[]) {
    this.key = keys.reduce((key, next) => Math.floor(uniformAt(key, next) * 2 ** 32), seed);
  }

  /** @returns uniform in [0, 1) */
  uniform(): number {
    return uniformAt(this.key, this.counter++);
  }

  /** @returns uniform in [low, high) */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** @returns a number whose logarithm is uniform between those of low and high, both above 0 */
  logBetween(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  /** @returns a whole number in [0, count) */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** @returns mean 0, deviation 1 */
  normal(): number {
    // A stream beside the uniform one: normalAt takes two counters.
    return normalAt((this.key ^ 0x5bd1e995) >>> 0, this.counter++);
  }

  /** Shuffle in place (Fisher and Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
