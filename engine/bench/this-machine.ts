/** The machine that a measurement was made on, as every report names it. */
import os from "node:os";

export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly threads: number;
  readonly node: string;
  /** Runnable threads over the last minute. */
  readonly loadAverage: number | undefined;
}

export const thisMachine = (): Machine => ({
  platform: `${process.platform}-${process.arch}`,
  cpu: os.cpus()[0]?.model.trim() ?? "unknown",
  threads: os.availableParallelism(),
  node: process.version,
  loadAverage: os.loadavg()[0],
});
