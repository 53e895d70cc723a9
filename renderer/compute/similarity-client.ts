/** The page's end of the similarity worker: one query in flight, and of those waiting only the newest. */
import type { FromWorker, Slot, ToWorker } from "./similarity-worker.ts";

export interface CosineMaps {
  readonly main: Float32Array;
  readonly second: Float32Array | undefined;
}

/** What the store needs; a test hands in a plain object. */
export interface Similarity {
  /** @param bits float16 [p, d]; copied */
  load(slot: Slot, bits: Uint16Array, d: number): Promise<void>;
  clear(slot: Slot): void;
  /** @returns undefined when a newer query or newer features overtook this one */
  query(patch: number, withSecond: boolean): Promise<CosineMaps | undefined>;
}

interface Query {
  readonly patch: number;
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

  load(slot: Slot, bits: Uint16Array, d: number): Promise<void> {
    const version = this.nextVersion++;
    this.versions[slot] = version;
    const copy = bits.slice();
    return new Promise((resolve) => {
      this.loads.set(version, resolve);
      this.worker.postMessage({ type: "load", slot, version, bits: copy, d }, [copy.buffer]);
    });
  }

  clear(slot: Slot): void {
    this.versions[slot] = 0;
    this.worker.postMessage({ type: "clear", slot }, []);
  }

  query(patch: number, withSecond: boolean): Promise<CosineMaps | undefined> {
    return new Promise((resolve) => {
      this.waiting?.resolve(undefined);
      this.waiting = { patch, withSecond, resolve };
      this.sendNext();
    });
  }

  private sendNext(): void {
    if (this.flying || !this.waiting) return;
    this.flying = this.waiting;
    this.waiting = undefined;
    const { patch, withSecond } = this.flying;
    this.worker.postMessage({ type: "query", patch, withSecond }, []);
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
    const secondValues = second?.version === this.versions.second ? second.values : undefined;
    answered?.resolve(
      main?.version === this.versions.main
        ? { main: main.values, second: secondValues }
        : undefined,
    );
    this.sendNext();
  }
}
