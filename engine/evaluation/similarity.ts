/** Cosines between the patches of pictures, computed by an executor in tiles of rows. */
import { LRUCache } from "lru-cache";
import type { Executor, PreparedProgram, Program } from "../executors/executor.ts";
import { innerProgram, matrix, tileRowsFor } from "../probes/products.ts";
import { normaliseRows, tile, type Rows } from "../probes/rows.ts";
import { throwIfAborted } from "../protocol/errors.ts";

/** Pictures of many sizes need many programs; none holds weights. */
const mostPrepared = 16;

/** The programs of one executor, each prepared once: a program's name holds its static shapes. */
export class PreparedPrograms {
  private readonly prepared = new LRUCache<string, Promise<PreparedProgram>>({
    max: mostPrepared,
    dispose: (program) => void program.then((ready) => ready.dispose()).catch(() => {}),
  });

  constructor(private readonly executor: Pick<Executor, "prepare">) {}

  /** Run it before the next is asked for: the oldest is let go of. */
  prepare(program: Program): Promise<PreparedProgram> {
    const found = this.prepared.get(program.name) ?? this.executor.prepare(program);
    this.prepared.set(program.name, found);
    return found;
  }

  async dispose(): Promise<void> {
    const all = [...this.prepared.values()];
    this.prepared.clear();
    await Promise.allSettled(all);
  }
}

/**
 * Cosine of every row with every row of the others; a row of zeros has cosine 0 with all.
 * @returns float32 [rows.count, others.count]
 * @throws EngineError "cancelled" between two tiles
 */
export async function cosines(
  rows: Rows,
  others: Rows,
  programs: PreparedPrograms,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { width } = rows;
  const unit = normaliseRows(rows);
  const t = tileRowsFor(rows.count);
  const feed = matrix(normaliseRows(others).data, others.count, width);
  const prepared = await programs.prepare(innerProgram(t, width, others.count));
  const out = new Float32Array(rows.count * others.count);
  for (let start = 0; start < rows.count; start += t) {
    throwIfAborted(signal, "measuring");
    const feeds = { rows: matrix(tile(unit, start, t), t, width), others: feed };
    const { out: product } = await prepared.run(feeds, ["out"]);
    const values = product!.data.subarray(0, (rows.count - start) * others.count);
    out.set(values, start * others.count);
  }
  return out;
}
