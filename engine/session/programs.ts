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

  /**
   * The program, ready to run. It stays valid: one that had to make room for another meanwhile is
   * prepared again when it is run. Disposing of it is the cache's matter.
   */
  async prepare(program: Program): Promise<PreparedProgram> {
    const { bytes } = await this.ready(program);
    return {
      bytes,
      run: async (feeds, outputs) => (await this.ready(program)).run(feeds, outputs),
      dispose: () => Promise.resolve(),
    };
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

  private async ready(program: Program): Promise<PreparedProgram> {
    const known = this.prepared.get(program.name);
    if (known) return known;
    const prepared = await this.executor.prepare(program);
    this.prepared.set(program.name, prepared);
    return prepared;
  }
}
