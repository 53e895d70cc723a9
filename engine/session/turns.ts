/** One at a time: work on the device waits its turn, and leaves the queue when it is cancelled. */
import { throwIfAborted } from "../protocol/errors.ts";

export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * Run `work` after everything that asked before it.
   * @throws EngineError "cancelled" when the signal fires before the turn comes
   */
  async take<T>(signal: AbortSignal, what: string, work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => {
      throwIfAborted(signal, what);
      return work();
    });
    this.last = turn.catch(() => {});
    return turn;
  }
}
