/**
 * Decides what is computed while somebody scrubs: what is kept shows at once, what is passed over is
 * never asked for, what is wanted comes before what is only likely next.
 */

/** A step is wanted when the pointer rests on it for so long; passing over takes less. */
export const restMs = 60;
/** Neighbours are computed when nothing was wanted for so long. */
export const idleMs = 200;

export interface CheckpointWork {
  /** Everything that the panes would show of it is on the page. */
  isKept(step: number): boolean;
  /**
   * Bring it onto the page.
   * @param isWanted somebody waits; else nobody may notice
   */
  load(step: number, signal: AbortSignal, isWanted: boolean): Promise<void>;
  show(step: number): void;
  /** What to compute ahead, the likeliest first. */
  ahead(step: number): readonly number[];
}

export class CheckpointLoader {
  private wanted: number | undefined;
  private going: { readonly step: number; readonly abort: AbortController } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly work: CheckpointWork) {}

  /** Show this step as soon as it can be; the newest wish counts. */
  want(step: number): void {
    this.wanted = step;
    clearTimeout(this.timer);
    if (this.work.isKept(step)) {
      this.drop();
      this.work.show(step);
      this.aheadSoon();
      return;
    }
    if (this.going?.step === step) return;
    this.drop();
    this.timer = setTimeout(() => void this.load(step), restMs);
  }

  /** The view changed: neighbours are computed for what is looked at now. */
  aheadSoon(): void {
    if (this.wanted === undefined || this.going?.step === this.wanted) return;
    if (!this.work.isKept(this.wanted)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.loadAhead(), idleMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.wanted = undefined;
    this.drop();
  }

  private drop(): void {
    this.going?.abort.abort();
    this.going = undefined;
  }

  /** @returns whether it went through; a step that was overtaken did not */
  private async run(step: number, isWanted: boolean): Promise<boolean> {
    const going = { step, abort: new AbortController() };
    this.going = going;
    await this.work.load(step, going.abort.signal, isWanted).catch(() => {});
    const isOurs = this.going === going;
    if (isOurs) this.going = undefined;
    return isOurs && !going.abort.signal.aborted;
  }

  private async load(step: number): Promise<void> {
    if (!(await this.run(step, true)) || this.wanted !== step) return;
    this.work.show(step);
    this.aheadSoon();
  }

  private async loadAhead(): Promise<void> {
    const from = this.wanted;
    if (from === undefined || this.going) return;
    for (const step of this.work.ahead(from)) {
      if (this.work.isKept(step)) continue;
      const wentThrough = await this.run(step, false);
      // It may be what somebody wants by now.
      if (wentThrough && this.wanted === step) {
        this.work.show(step);
        this.aheadSoon();
        return;
      }
      if (!wentThrough || this.wanted !== from) return;
    }
  }
}
