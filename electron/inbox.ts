/** What was opened from outside waits here until the page says that it listens. */
import type { Opened } from "./desktop.ts";

export class Inbox {
  private waiting: Opened[] = [];
  private isHeard = false;

  constructor(private readonly send: (opened: Opened) => void) {}

  deliver(...opened: readonly Opened[]): void {
    if (this.isHeard) for (const one of opened) this.send(one);
    else this.waiting.push(...opened);
  }

  pageListens(): void {
    this.isHeard = true;
    const { waiting } = this;
    this.waiting = [];
    for (const one of waiting) this.send(one);
  }

  /** Another page is being loaded, or this one anew. */
  pageLeft(): void {
    this.isHeard = false;
  }
}
