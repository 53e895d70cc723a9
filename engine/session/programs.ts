/** Prepared programs by name, within a memory budget; the one unused for longest makes room. */
import { LRUCache } from "lru-cache";
import type { Executor, PreparedProgram, Program } from "../executors/executor.ts";

export class ProgramCache {
  private readonly prepared: LRUCache<string, PreparedProgram>;

  /** @param maxBytes of weights, graphs and working memory together */
  constructor(
    private readonly executor: Executor,
    maxBytes: number,
  ) {
    this.prepared = new LRUCache({
      maxSize: maxBytes,
      // A program over the budget takes all of it, instead of not being kept at all.
      sizeCalculation: ({ bytes }) => Math.min(maxBytes, Math.max(1, Math.ceil(bytes))),
      dispose: (program) => void program.dispose(),
    });
  }

  /** The program, ready to run. Valid until the next call: run it before preparing another. */
  async prepare(program: Program): Promise<PreparedProgram> {
    const known = this.prepared.get(program.name);
    if (known) return known;
    const prepared = await this.executor.prepare(program);
    this.prepared.set(program.name, prepared);
    return prepared;
  }

  /** Drop every program whose name starts so. */
  forget(prefix: string): void {
    for (const name of this.prepared.keys()) {
      if (name.startsWith(prefix)) this.prepared.delete(name);
    }
  }

  clear(): void {
    this.prepared.clear();
  }
}
