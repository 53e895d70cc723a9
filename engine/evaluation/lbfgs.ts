/** The minimum of a smooth function whose value and gradient an executor computes: L-BFGS. */
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
  readonly signal?: AbortSignal | undefined;
}

/** Pairs of steps and gradient differences that are remembered. */
const memory = 10;

/** Below this part of the value, a float32 loss does not tell one point from another. */
const rounding = 1e-6;

/**
 * Liu and Nocedal 1989, with Armijo's rule: a step is halved until the value falls as the gradient
 * promises, as far as the float32 of the executor lets it be seen.
 */
export async function minimise(
  evaluate: (at: Float64Array) => Promise<Evaluated>,
  start: Float64Array,
  { tolerance, maxIterations, signal }: MinimiseOptions,
): Promise<Minimum> {
  let at = start;
  let here = await evaluate(at);
  const steps: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largest(here.gradient) > tolerance; iterations++) {
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(signal, "Training a probe");
    const direction = downhill(here.gradient, steps);
    const slope = inner(direction, here.gradient);
    // Nothing is known of the curvature yet: a step of length 1 at most.
    let length = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const slack = rounding * Math.abs(here.value);
    let next = moved(at, direction, length);
    let there = await evaluate(next);
    while (!(there.value <= here.value + 1e-4 * length * slope + slack) && length > 1e-8) {
      length /= 2;
      next = moved(at, direction, length);
      there = await evaluate(next);
    }
    if (length <= 1e-8) break;
    const s = next.map((value, j) => value - at[j]!);
    const y = there.gradient.map((value, j) => value - here.gradient[j]!);
    const sy = inner(s, y);
    if (sy > 1e-10 * inner(y, y)) steps.push({ s, y, sy });
    if (steps.length > memory) steps.shift();
    [at, here] = [next, there];
  }
  return { at, ...here, iterations };
}

/** Minus the inverse curvature, as the remembered steps tell it, times the gradient. */
function downhill(
  gradient: Float64Array,
  steps: readonly { s: Float64Array; y: Float64Array; sy: number }[],
): Float64Array {
  const out = gradient.map((value) => -value);
  const parts: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, sy } = steps[k]!;
    parts[k] = inner(s, out) / sy;
    for (let j = 0; j < out.length; j++) out[j]! -= parts[k]! * y[j]!;
  }
  const last = steps.at(-1);
  if (last) {
    const scale = last.sy / inner(last.y, last.y);
    for (let j = 0; j < out.length; j++) out[j]! *= scale;
  }
  steps.forEach(({ s, y, sy }, k) => {
    const part = parts[k]! - inner(y, out) / sy;
    for (let j = 0; j < out.length; j++) out[j]! += part * s[j]!;
  });
  return out;
}

function moved(at: Float64Array, direction: Float64Array, length: number): Float64Array {
  return at.map((value, j) => value + length * direction[j]!);
}

function largest(vector: Float64Array): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
