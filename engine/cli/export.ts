/** `gramscope export`: a model in formats and precisions that others load, with the proof of each. */
import { runExportJob } from "../host/export-job.ts";
import type { RopePrecision } from "../model/rope.ts";
import { parseBars } from "../parity/bars.ts";
import {
  exportFormats,
  exportWish,
  modelNames,
  precisionsOf,
  type ExportPrecision,
  type ExportWish,
} from "../protocol/exporting.ts";
import { oneOf } from "./options.ts";
import { printParity, refuseFailed } from "./parity-lines.ts";
import { terminalProgress } from "./terminal-progress.ts";

export interface ProofOptions {
  readonly images: string;
  readonly limit: number;
  readonly sizes: string;
  readonly bar?: string;
  readonly rope: RopePrecision;
  readonly json?: true;
}

export interface ExportVerbOptions extends ProofOptions {
  readonly model: string;
  readonly format: string;
  readonly precision: string;
  readonly out: string;
  readonly opset: number;
  readonly fused?: true;
  readonly calibrate?: string;
  readonly names: string;
  readonly name?: string;
  readonly note?: string;
  readonly scores?: string;
  /** Commander turns `--no-parity` into `parity: false`. */
  readonly parity: boolean;
}

/** @throws EngineError "parity.failed" when it is written, and marked; as runExportJob */
export async function runExport(options: ExportVerbOptions): Promise<void> {
  const wish = wishOf(options);
  const { signal, progress } = terminalProgress();
  const found = await runExportJob(wish, {
    signal,
    progress,
    rope: options.rope,
    onSkipped: (skipped) => {
      for (const { file, reason } of skipped) console.error(`Left out ${file}: ${reason}`);
    },
  });
  const { folder, files, card } = found;
  const isFailed = card?.exports.some(({ verdict }) => verdict === "fail") === true;
  if (options.json) {
    const precision = wish.precisions.join(", ");
    console.log(JSON.stringify({ out: folder, format: wish.format, precision, files, card }));
    if (isFailed) process.exitCode = 2;
    return;
  }
  console.log(`${folder}: ${wish.format}, ${wish.precisions.join(", ")}`);
  if (!card) {
    console.error(
      "NOT PROVED: --no-parity was given, and nothing was compared with the original. The card says so; gramscope verify does it later.",
    );
    return;
  }
  printParity(card.exports);
  refuseFailed(folder, card.exports);
}

function wishOf(options: ExportVerbOptions): ExportWish {
  const format = oneOf("--format", options.format, exportFormats);
  const known: readonly ExportPrecision[] = precisionsOf[format];
  const precisions = [...new Set(splitList(options.precision))].map((name) =>
    oneOf("--precision", name, known),
  );
  return exportWish.parse({
    model: options.model,
    folder: options.out,
    format,
    precisions,
    opset: options.opset,
    isFused: options.fused ?? false,
    images: options.images,
    limit: options.limit,
    sizes: splitList(options.sizes),
    calibrate: options.calibrate,
    names: oneOf("--names", options.names, modelNames),
    isProved: options.parity,
    bars: options.bar === undefined ? {} : parseBars(options.bar),
    name: options.name,
    note: options.note,
    scores: options.scores === undefined ? [] : splitList(options.scores),
  });
}

/** "a, b" to its parts. */
export function splitList(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}
