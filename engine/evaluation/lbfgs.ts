/** The minimum of a smooth function, whoever computes its value and gradient: L-BFGS. */
import { throwIfAborted } from "../protocol/errors.ts";

export interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface Minimum extends Evaluated {
  readonly at: Float64Array;
  readonly iterations: number;
}

export interface MinimiseOptions {
  /** On the largest entry of the gradient. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Below this part of the value one point is not told from another; that of a float32 when left out. */
  readonly rounding?: number;
  /** What the inverse curvature is taken for along each entry before a step tells more; 1 when left out. */
  readonly scale?: Float64Array;
  readonly signal?: AbortSignal | undefined;
}

/** A step and what it changed of the gradient; their inner product is above 0. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly sy: number;
}

/** Pairs that are remembered. */
const memory = 20;

/** A step halved to this is none. */
const shortest = 1e-12;

/**
 * Liu and Nocedal 1989, with Armijo's rule: a step is halved until the value falls as the gradient
 * promises, as far as rounding lets it be seen.
 */
export async function minimise(
  evaluate: (at: Float64Array) => Evaluated | Promise<Evaluated>,
  start: Float64Array,
  options: MinimiseOptions,
): Promise<Minimum> {
  const { tolerance, maxIterations, rounding = 1e-6, scale, signal } = options;
  let at = start;
  let here = await evaluate(at);
  const pairs: Pair[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largest(here.gradient) > tolerance; iterations++) {
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(signal, "Training a probe");
    const direction = downhill(here.gradient, pairs, scale);
    const slope = inner(direction, here.gradient);
    // Where nothing is known of the curvature yet: a step of length 1 at most.
    const isBlind = pairs.length === 0 && !scale;
    let length = isBlind ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const slack = rounding * Math.abs(here.value);
    let next = moved(at, direction, length);
    let there = await evaluate(next);
    while (!(there.value <= here.value + 1e-4 * length * slope + slack) && length > shortest) {
      length /= 2;
      next = moved(at, direction, length);
      there = await evaluate(next);
    }
    // Rounding is all that is left.
    if (length <= shortest) break;
    const s = next.map((value, j) => value - at[j]!);
    const y = there.gradient.map((value, j) => value - here.gradient[j]!);
    const sy = inner(s, y);
    if (sy > rounding * Math.sqrt(inner(s, s) * inner(y, y))) pairs.push({ s, y, sy });
    if (pairs.length > memory) pairs.shift();
    [at, here] = [next, there];
  }
  return { at, ...here, iterations };
}

/** Minus the inverse curvature, as the remembered pairs tell it, times the gradient. */
function downhill(
  gradient: Float64Array,
  pairs: readonly Pair[],
  scale: Float64Array | undefined,
): Float64Array {
  const out = gradient.map((value) => -value);
  const parts: number[] = [];
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, sy } = pairs[k]!;
    parts[k] = inner(s, out) / sy;
    addScaled(out, y, -parts[k]!);
  }
  const scaled = (vector: Float64Array) =>
    scale ? vector.map((value, j) => value * scale[j]!) : vector;
  const last = pairs.at(-1);
  const ratio = last ? last.sy / inner(last.y, scaled(last.y)) : 1;
  const result = scaled(out).map((value) => ratio * value);
  pairs.forEach(({ s, y, sy }, k) => addScaled(result, s, parts[k]! - inner(y, result) / sy));
  return result;
}

function addScaled(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let j = 0; j < target.length; j++) target[j]! += factor * vector[j]!;
}

function moved(at: Float64Array, direction: Float64Array, length: number): Float64Array {
  return at.map((value, j) => value + length * direction[j]!);
}

/** Of a vector the largest entry, whatever its sign. */
export function largest(vector: Float64Array): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Over the entries of the first. */
export function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
