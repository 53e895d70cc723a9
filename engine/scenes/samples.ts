/** Places of a picture that are looked at, and their order by what is seen there. */
import { mostTogether } from "./surface.ts";

/** Owners are numbers of primitives, and two that are below 0. */
const lowestOwner = -2;

export class Samples {
  count = 0;
  /** The pixel that each belongs to, and its place in the picture in pixels. */
  readonly pixel: Int32Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly depth: Float64Array;
  readonly owner: Int16Array;
  /** Share of the light that is seen. */
  readonly sunlit: Float32Array;
  /** What part of its pixel each stands for. */
  readonly share: Float32Array;
  /** Linear RGB, when it is known. */
  readonly red: Float64Array;
  readonly green: Float64Array;
  readonly blue: Float64Array;
  private readonly order: Int32Array;

  private constructor(readonly capacity: number) {
    this.pixel = new Int32Array(capacity);
    this.x = new Float32Array(capacity);
    this.y = new Float32Array(capacity);
    this.depth = new Float64Array(capacity);
    this.owner = new Int16Array(capacity);
    this.sunlit = new Float32Array(capacity);
    this.share = new Float32Array(capacity);
    this.red = new Float64Array(capacity);
    this.green = new Float64Array(capacity);
    this.blue = new Float64Array(capacity);
    this.order = new Int32Array(capacity);
  }

  /**
   * Working memory that is kept from picture to picture.
   * @param purpose for which one caller at a time uses it
   */
  static kept(purpose: "sunlit" | "picture", capacity: number): Samples {
    let found = keptSamples.get(purpose);
    if (!found || found.capacity < capacity) {
      found = new Samples(capacity);
      keptSamples.set(purpose, found);
    }
    found.count = 0;
    return found;
  }

  /** @param x, y multiples of 1/8 */
  add(
    pixel: number,
    x: number,
    y: number,
    owner: number,
    depth: number,
    sunlit: number,
    share: number,
  ): void {
    const i = this.count++;
    this.pixel[i] = pixel;
    this.x[i] = x;
    this.y[i] = y;
    this.owner[i] = owner;
    this.depth[i] = depth;
    this.sunlit[i] = sunlit;
    this.share[i] = share;
  }

  /**
   * Goes through all samples, a few hundred of one owner at a time.
   * @param owners how many primitives there are
   * @param work is told the owner and the samples' numbers, in the order in which they were added
   */
  forEachOwner(owners: number, work: (owner: number, some: Int32Array) => void): void {
    const { count, owner, order } = this;
    const next = new Int32Array(owners - lowestOwner + 1);
    for (let i = 0; i < count; i++) next[owner[i]! - lowestOwner + 1]!++;
    for (let k = 1; k < next.length; k++) next[k] = next[k]! + next[k - 1]!;
    for (let i = 0; i < count; i++) order[next[owner[i]! - lowestOwner]!++] = i;
    // Counting has moved each owner's start to its end, which is where the next one starts.
    for (let k = 0, start = 0; k + 1 < next.length; k++) {
      const end = next[k]!;
      for (; start < end; start += mostTogether) {
        work(k + lowestOwner, order.subarray(start, Math.min(end, start + mostTogether)));
      }
      start = end;
    }
  }
}

const keptSamples = new Map<string, Samples>();
