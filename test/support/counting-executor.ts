/** A real executor that keeps count of what is asked of it. */
import type { Executor, PreparedProgram } from "../../engine/executors/executor.ts";

export interface Counts {
  /** Names of the programs that ran, in order. */
  readonly runs: string[];
  /** Programs that are prepared and not disposed of. */
  live: number;
  /** Most that were ever live, and most runs that were ever under way together. */
  mostLive: number;
  mostRunning: number;
}

export function countingExecutor(executor: Executor): { executor: Executor; counts: Counts } {
  const counts: Counts = { runs: [], live: 0, mostLive: 0, mostRunning: 0 };
  let running = 0;
  const counted = (name: string, program: PreparedProgram): PreparedProgram => {
    let isDisposed = false;
    counts.mostLive = Math.max(counts.mostLive, ++counts.live);
    return {
      bytes: program.bytes,
      run: async (feeds, outputs, into) => {
        if (isDisposed) throw new Error(`${name} is run after it was disposed of`);
        counts.runs.push(name);
        counts.mostRunning = Math.max(counts.mostRunning, ++running);
        try {
          return await program.run(feeds, outputs, into);
        } finally {
          running--;
        }
      },
      dispose: () => {
        if (isDisposed) throw new Error(`${name} is disposed of twice`);
        isDisposed = true;
        counts.live--;
        return program.dispose();
      },
    };
  };
  return {
    counts,
    executor: {
      name: executor.name,
      device: executor.device,
      prepare: async (program) => counted(program.name, await executor.prepare(program)),
      dispose: () => executor.dispose(),
    },
  };
}
