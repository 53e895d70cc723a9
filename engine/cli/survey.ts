/** `gramscope survey`: every probe and every score of some models, and how the two go together. */
import { openImageSet } from "../compare/image-set.ts";
import { ScoreCache } from "../compare/score-cache.ts";
import { survey } from "../compare/survey.ts";
import { formatSurvey } from "../compare/survey-report.ts";
import { probeNames } from "../evaluation/probe-report.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { RopePrecision } from "../model/rope.ts";
import { oneOf } from "./options.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { checkWritable, writeOutput } from "./write-output.ts";

export interface SurveyVerbOptions {
  /** "all", or names with commas. */
  readonly probes: string;
  readonly images: string;
  readonly limit: number;
  readonly size: number;
  readonly train?: number;
  readonly test?: number;
  readonly seed: number;
  readonly out?: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly json?: true;
}

export async function runSurvey(
  paths: readonly string[],
  options: SurveyVerbOptions,
): Promise<void> {
  const { images, limit, size, train, test, seed, out, rope } = options;
  const probes =
    options.probes === "all"
      ? probeNames
      : options.probes.split(",").map((name) => oneOf("--probes", name.trim(), probeNames));
  if (out !== undefined) await checkWritable(out);
  const { signal, progress } = terminalProgress();
  const set = await openImageSet({ images, limit, signal });
  for (const { file, reason } of set.skipped) console.error(`Left out ${file}: ${reason}`);
  const { executor } = await chooseExecutor(options.device);
  try {
    const found = await survey(paths, set, {
      executor,
      cache: new ScoreCache(),
      rope,
      side: size,
      seed,
      probes,
      counts: {
        ...(train === undefined ? {} : { train }),
        ...(test === undefined ? {} : { test }),
      },
      signal,
      progress,
    });
    const json = `${JSON.stringify(found, undefined, 2)}\n`;
    if (out !== undefined) await writeOutput(out, json);
    if (options.json) process.stdout.write(json);
    else console.log(formatSurvey(found));
  } finally {
    await executor.dispose();
  }
}
