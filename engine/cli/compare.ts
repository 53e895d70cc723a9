/** `gramscope compare`: the checkpoints of a run, or models, scored on images and judged. */
import { formatComparison } from "../compare/compare-report.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { Executor } from "../executors/executor.ts";
import { runCompareJob } from "../host/compare-job.ts";
import type { RopePrecision } from "../model/rope.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { checkWritable, writeOutput } from "./write-output.ts";

export interface CompareVerbOptions {
  readonly images: string;
  readonly limit: number;
  readonly size: number;
  readonly seed: number;
  readonly reference?: string;
  readonly out?: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly json?: true;
}

export async function runCompare(
  paths: readonly string[],
  options: CompareVerbOptions,
): Promise<void> {
  const { images, limit, size, seed, reference, out, rope } = options;
  if (out !== undefined) await checkWritable(out);
  let executor: Executor | undefined;
  try {
    const report = await runCompareJob(
      { paths: [...paths], images, limit, size, seed, reference },
      {
        ...terminalProgress(),
        executor: async () => (executor = (await chooseExecutor(options.device)).executor),
        rope,
        onImages: ({ skipped }) => {
          for (const { file, reason } of skipped) console.error(`Left out ${file}: ${reason}`);
        },
      },
    );
    const json = `${JSON.stringify(report, undefined, 2)}\n`;
    if (out !== undefined) await writeOutput(out, json);
    if (options.json) process.stdout.write(json);
    else console.log(formatComparison(report));
  } finally {
    await executor?.dispose();
  }
}
