/** `gramscope verify`: the proof of an export once more, from its files alone or against the original. */
import { runVerifyJob } from "../host/export-job.ts";
import { parseBars } from "../parity/bars.ts";
import { EngineError } from "../protocol/errors.ts";
import { splitList, type ProofOptions } from "./export.ts";
import { printParity, refuseFailed } from "./parity-lines.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { checkWritable, writeOutput } from "./write-output.ts";

export interface VerifyVerbOptions extends ProofOptions {
  readonly against?: string;
  readonly out?: string;
  /** Whether images, their number or their sizes were asked for. */
  readonly areImagesNamed?: boolean;
}

/** @throws EngineError "parity.failed" for what does not reach its bar; as runVerifyJob */
export async function runVerify(path: string, options: VerifyVerbOptions): Promise<void> {
  const { against, images, limit, sizes, bar, rope, out, json } = options;
  if (against === undefined && options.areImagesNamed === true) {
    throw new EngineError(
      "option.invalid",
      "verify: expected --against with --images, --limit or --sizes; without the original there are only its stored features of two scenes",
      { hint: "Name the original with --against MODEL, or leave these options out." },
    );
  }
  if (out !== undefined) await checkWritable(out);
  const { signal, progress } = terminalProgress();
  const wish = {
    path,
    against,
    images,
    limit,
    sizes: splitList(sizes),
    bars: bar === undefined ? {} : parseBars(bar),
  };
  const found = await runVerifyJob(wish, {
    signal,
    progress,
    rope,
    onSkipped: (skipped) => {
      for (const { file, reason } of skipped) console.error(`Left out ${file}: ${reason}`);
    },
  });
  const text = `${JSON.stringify(found, undefined, 2)}\n`;
  if (out !== undefined) await writeOutput(out, text);
  if (json) {
    process.stdout.write(text);
    if (found.verdict === "fail") process.exitCode = 2;
    return;
  }
  console.log(`${found.folder} against ${found.against}, on ${found.images}`);
  printParity(found.exports);
  for (const { file, isAsWritten } of found.exports) {
    if (isAsWritten === false) {
      console.error(`${file}: not the file that parity.json is about; it was changed or replaced`);
    }
  }
  refuseFailed(found.folder, found.exports);
}
