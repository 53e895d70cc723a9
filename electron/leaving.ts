/** Whether the program may end while a run goes: a person decides, once. */

/** Longest that the engine waits for a run to be saved when it is told to end. */
const savingMs = 60_000;
const maxWords = 300;

export class Leaving {
  private run: string | undefined;
  private isAsking = false;
  private isAgreed = false;

  /** @param ask shows what goes; true when it is to be saved and stopped */
  constructor(private readonly ask: (run: string) => Promise<boolean>) {}

  /** @param words of the page about the run that goes; anything else when none does */
  setRun(words: unknown): void {
    this.run = typeof words === "string" && words !== "" ? words.slice(0, maxWords) : undefined;
  }

  /** Leave without a question: the person has asked for it elsewhere, as by Ctrl-C in a terminal. */
  agree(): void {
    this.isAgreed = true;
  }

  /**
   * @param leave what to do again when the person agrees
   * @returns whether to go on now; otherwise the question stands, and `leave` may follow
   */
  mayLeave(leave: () => void): boolean {
    const { run } = this;
    if (run === undefined || this.isAgreed) return true;
    if (!this.isAsking) {
      this.isAsking = true;
      void this.ask(run)
        .then((isAgreed) => {
          this.isAgreed = isAgreed;
          if (isAgreed) leave();
        })
        .finally(() => (this.isAsking = false));
    }
    return false;
  }

  /** Milliseconds that the engine gets to end by itself, where that is not its usual time. */
  get graceMs(): number | undefined {
    return this.run === undefined ? undefined : savingMs;
  }
}

/** What closing does to the run. Windows has no way to ask a process to end, so nothing is saved there. */
export function partingWords(platform: NodeJS.Platform): string {
  const end =
    platform === "win32"
      ? "Closing the window ends the run; it goes on from its last checkpoint when it is resumed"
      : "Closing the window stops the run after this step and saves it; it can be resumed";
  return `${end}, from the Train page or by gramscope resume.`;
}
