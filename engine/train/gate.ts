/** Lets a loop through step by step: play, pause, one step, stop. */

export type GateState = "playing" | "paused" | "stopped";

export class Gate {
  private allowed: number;
  private isStopped = false;
  private wake: (() => void) | undefined;

  constructor(isPlaying = true) {
    this.allowed = isPlaying ? Infinity : 0;
  }

  get state(): GateState {
    if (this.isStopped) return "stopped";
    return this.allowed > 0 ? "playing" : "paused";
  }

  play(): void {
    this.set(Infinity);
  }

  /** The step that is being computed is finished. */
  pause(): void {
    this.set(0);
  }

  /** Let one step through, then pause. */
  stepOnce(): void {
    this.set(this.allowed === Infinity ? 1 : this.allowed + 1);
  }

  stop(): void {
    this.isStopped = true;
    this.set(0);
  }

  /** Wait for leave. @returns false when the loop is to end */
  async pass(): Promise<boolean> {
    while (!this.isStopped && this.allowed <= 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.isStopped) return false;
    this.allowed--;
    return true;
  }

  private set(allowed: number): void {
    this.allowed = allowed;
    this.wake?.();
    this.wake = undefined;
  }
}
