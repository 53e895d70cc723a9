/** How long work will take that says how much of it is done. */

/** A shorter look at the work tells nothing. */
const leastMs = 2000;
const leastFraction = 0.02;

/** @returns milliseconds; undefined until it can be said */
export function remainingMs(fraction: number, elapsedMs: number): number | undefined {
  if (elapsedMs < leastMs || fraction < leastFraction) return undefined;
  return (elapsedMs * (1 - fraction)) / fraction;
}

/**
 * The same for a list of models, of which some are known from before: those took no time, and tell
 * nothing about the rest.
 */
export class ModelsAhead {
  private readonly computed = { models: 0, ms: 0 };
  private known = 0;
  private currentSince = performance.now();

  constructor(private readonly models: number) {}

  done(isCached: boolean, elapsedMs: number): void {
    if (isCached) this.known++;
    else {
      this.computed.models++;
      this.computed.ms += elapsedMs;
    }
    this.currentSince = performance.now();
  }

  /** @param fraction of the whole list, cached models among it */
  remainingMs(fraction: number): number | undefined {
    const { models, ms } = this.computed;
    const within = Math.max(0, fraction * this.models - models - this.known);
    const spent = ms + performance.now() - this.currentSince;
    const ahead = this.models - this.known;
    return remainingMs((models + within) / Math.max(1, ahead), spent);
  }
}
