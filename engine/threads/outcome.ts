/** How a thread answers: a refusal crosses its border as data, because an Error would arrive without class and code. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { EngineError, toWireError, type WireError } from "../protocol/errors.ts";

export type Outcome<T> = { readonly value: T } | { readonly error: WireError };

export async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    // A bug is told with its place: only here is it known.
    if (!(error instanceof EngineError)) console.error(error);
    return { error: toWireError(error) };
  }
}

/** The same outcome, whose buffers are handed over to the caller's thread and not copied. */
export function handingOver<T>(
  outcome: Outcome<T>,
  buffersOf: (value: T) => readonly ArrayBufferLike[],
): Outcome<T> {
  if ("error" in outcome) return outcome;
  // piscina unwraps this on the way out, so the caller receives the outcome alone.
  return move({
    [transferableSymbol]: buffersOf(outcome.value),
    [valueSymbol]: outcome,
  }) as unknown as Outcome<T>;
}
