/** What is said to those who do not see the page: long work as it begins, goes on and ends, a run's state, and notes. */
import type { Look } from "../store/look.ts";
import { stateInWords } from "./train/run-words.ts";

type Told = Pick<Look, "activities" | "notices" | "status">;

/** Work that is over before is not worth a word, in milliseconds. */
export const longMs = 1000;

/**
 * Follows the page's state and says what is new in it. Errors are not said here: each is an alert,
 * which interrupts.
 */
export class Spoken {
  private readonly going = new Map<number, { label: string; quarter: number }>();
  private lastNotice = 0;
  private lastState: string | undefined;

  /** @param now on the clock of Date.now() @returns one sentence for each thing that is new */
  next({ activities, notices, status }: Told, now: number): string[] {
    const said: string[] = [];
    for (const [id, { label }] of this.going) {
      if (activities.some((one) => one.id === id)) continue;
      this.going.delete(id);
      said.push(`${label}: ended`);
    }
    for (const { id, label, fraction = 0, startedAt } of activities) {
      const quarter = Math.floor(4 * fraction);
      const before = this.going.get(id);
      if (!before) {
        if (now - startedAt < longMs) continue;
        // Its label may change on the way; the word at its end is the one of its beginning.
        this.going.set(id, { label, quarter });
        said.push(label);
      } else if (quarter > before.quarter && quarter < 4) {
        before.quarter = quarter;
        said.push(`${before.label}: ${25 * quarter} %`);
      }
    }
    for (const { id, tone, message, hint } of notices) {
      if (id <= this.lastNotice) continue;
      this.lastNotice = id;
      if (tone === "note") said.push([message, hint].filter(Boolean).join(" "));
    }
    const state = status && stateInWords(status);
    if (state !== undefined && state !== this.lastState) said.push(`Run: ${state}`);
    this.lastState = state;
    return said;
  }
}
