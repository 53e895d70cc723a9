/** The page's end of the similarity worker: one query in flight, and of those waiting only the newest. */
import type { Cosines, FromWorker, Question, ToWorker } from "./similarity-answers.ts";

export type CosineValues = Pick<Cosines, "values" | "tokens">;

/** What the store needs; a test hands in a plain object. */
export interface Similarity {
  /**
   * @param slot   any name; features that were there before are replaced
   * @param bits   patches, float16 [p, d]; copied
   * @param tokens CLS and registers, float32 [1 + r, d]; copied
   */
  load(slot: string, bits: Uint16Array, tokens: Float32Array, d: number): Promise<void>;
  clear(slot: string): void;
  /**
   * @returns a map for each question, undefined where newer features overtook it; undefined in all
   *   when a newer query did
   */
  query(questions: readonly Question[]): Promise<(CosineValues | undefined)[] | undefined>;
}

interface Query {
  readonly questions: readonly Question[];
  resolve(maps: (CosineValues | undefined)[] | undefined): void;
}

/** The members of Worker that are used. */
export interface WorkerPort {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: { data: FromWorker }) => void): void;
}

export class SimilarityClient implements Similarity {
  private readonly versions = new Map<string, number>();
  private readonly loads = new Map<number, () => void>();
  private nextVersion = 1;
  private flying: Query | undefined;
  private waiting: Query | undefined;

  constructor(private readonly worker: WorkerPort) {
    worker.addEventListener("message", ({ data }) => this.receive(data));
  }

  load(slot: string, bits: Uint16Array, tokens: Float32Array, d: number): Promise<void> {
    const version = this.nextVersion++;
    this.versions.set(slot, version);
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

  clear(slot: string): void {
    this.versions.delete(slot);
    this.worker.postMessage({ type: "clear", slot }, []);
  }

  query(questions: readonly Question[]): Promise<(CosineValues | undefined)[] | undefined> {
    return new Promise((resolve) => {
      this.waiting?.resolve(undefined);
      this.waiting = { questions, resolve };
      this.sendNext();
    });
  }

  private sendNext(): void {
    if (this.flying || !this.waiting) return;
    this.flying = this.waiting;
    this.waiting = undefined;
    this.worker.postMessage({ type: "query", questions: this.flying.questions }, []);
  }

  private receive(message: FromWorker): void {
    if (message.type === "loaded") {
      this.loads.get(message.version)?.();
      this.loads.delete(message.version);
      return;
    }
    const answered = this.flying;
    this.flying = undefined;
    const isCurrent = (slot: string, version: number) => this.versions.get(slot) === version;
    answered?.resolve(
      message.maps.map((map, index) => {
        const { from, over } = answered.questions[index]!;
        const isFresh = map && isCurrent(over, map.version) && isCurrent(from, map.fromVersion);
        return isFresh ? map : undefined;
      }),
    );
    this.sendNext();
  }
}
