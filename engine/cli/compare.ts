/** `gramscope compare`: the checkpoints of a run, or models, scored on images and judged. */
import { listCandidates } from "../compare/candidates.ts";
import { compare } from "../compare/compare.ts";
import { formatComparison } from "../compare/compare-report.ts";
import { openImageSet } from "../compare/image-set.ts";
import { ScoreCache } from "../compare/score-cache.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
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
  const { signal, progress } = terminalProgress();
  const candidates = await listCandidates(paths);
  const set = await openImageSet({ images, limit, signal });
  for (const { file, reason } of set.skipped) console.error(`Left out ${file}: ${reason}`);
  const { executor } = await chooseExecutor(options.device);
  try {
    const report = await compare(candidates, set, {
      executor,
      cache: new ScoreCache(),
      rope,
      reference,
      side: size,
      seed,
      signal,
      progress,
    });
    const json = `${JSON.stringify(report, undefined, 2)}\n`;
    if (out !== undefined) await writeOutput(out, json);
    if (options.json) process.stdout.write(json);
    else console.log(formatComparison(report));
  } finally {
    await executor.dispose();
  }
}
