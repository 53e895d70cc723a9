/** The page's end of the similarity worker: one query in flight, and of those waiting only the newest. */
import type { Cosines, FromWorker, Question, Slot, ToWorker } from "./similarity-worker.ts";

export interface CosineMaps {
  readonly main: Pick<Cosines, "values" | "tokens">;
  readonly second: Pick<Cosines, "values" | "tokens"> | undefined;
}

/** What the store needs; a test hands in a plain object. */
export interface Similarity {
  /**
   * @param bits   patches, float16 [p, d]; copied
   * @param tokens CLS and registers, float32 [1 + r, d]; copied
   */
  load(slot: Slot, bits: Uint16Array, tokens: Float32Array, d: number): Promise<void>;
  clear(slot: Slot): void;
  /** @returns undefined when a newer query or newer features overtook this one */
  query(question: Question, withSecond: boolean): Promise<CosineMaps | undefined>;
}

interface Query {
  readonly question: Question;
  readonly withSecond: boolean;
  resolve(maps: CosineMaps | undefined): void;
}

/** The members of Worker that are used. */
export interface WorkerPort {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: { data: FromWorker }) => void): void;
}

export class SimilarityClient implements Similarity {
  private readonly versions: Record<Slot, number> = { main: 0, second: 0 };
  private readonly loads = new Map<number, () => void>();
  private nextVersion = 1;
  private flying: Query | undefined;
  private waiting: Query | undefined;

  constructor(private readonly worker: WorkerPort) {
    worker.addEventListener("message", ({ data }) => this.receive(data));
  }

  load(slot: Slot, bits: Uint16Array, tokens: Float32Array, d: number): Promise<void> {
    const version = this.nextVersion++;
    this.versions[slot] = version;
    const message = {
      type: "load" as const,
      slot,
      version,
      bits: bits.slice(),
      tokens: tokens.slice(),
      d,
    };
    return new Promise((resolve) => {
      this.loads.set(version, resolve);
      this.worker.postMessage(message, [message.bits.buffer, message.tokens.buffer]);
    });
  }

  clear(slot: Slot): void {
    this.versions[slot] = 0;
    this.worker.postMessage({ type: "clear", slot }, []);
  }

  query(question: Question, withSecond: boolean): Promise<CosineMaps | undefined> {
    return new Promise((resolve) => {
      this.waiting?.resolve(undefined);
      this.waiting = { question, withSecond, resolve };
      this.sendNext();
    });
  }

  private sendNext(): void {
    if (this.flying || !this.waiting) return;
    this.flying = this.waiting;
    this.waiting = undefined;
    const { question, withSecond } = this.flying;
    this.worker.postMessage({ type: "query", question, withSecond }, []);
  }

  private receive(message: FromWorker): void {
    if (message.type === "loaded") {
      this.loads.get(message.version)?.();
      this.loads.delete(message.version);
      return;
    }
    const { main, second } = message;
    const answered = this.flying;
    this.flying = undefined;
    const current = second?.version === this.versions.second ? second : undefined;
    answered?.resolve(main?.version === this.versions.main ? { main, second: current } : undefined);
    this.sendNext();
  }
}
