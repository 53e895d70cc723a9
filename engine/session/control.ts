/** What long work is given to stop by and to report to. */

export interface Control {
  readonly signal: AbortSignal;
  /** @param fraction 0..1, never going back; remainingMs where an honest estimate is possible */
  progress(fraction: number, label: string, remainingMs?: number): void;
}

/** For callers that neither watch nor cancel. */
export const unattended: Control = {
  signal: new AbortController().signal,
  progress: () => {},
};

/**
 * Let waiting messages in, a cancellation among them, between two pieces of work that block the
 * thread.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
