/** The numbers of a parity card on a terminal, and how a failed proof ends a command. */
import { EngineError } from "../protocol/errors.ts";
import { shownCosine, shownDifference, type ExportParity } from "../protocol/exporting.ts";

export function printParity(exports: readonly ExportParity[]): void {
  const heads = [
    "",
    "MB",
    "cosine min",
    "1 %",
    "median",
    "difference",
    "nearest",
    "ms",
    "orig. ms",
  ];
  const rows = exports.map(({ precision, files, numbers, speed, verdict }) => {
    const { cosine, largestDifference, nearest } = numbers;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return [
      precision,
      (bytes / 1e6).toFixed(1),
      shownCosine(cosine.min),
      shownCosine(cosine.p1),
      shownCosine(cosine.median),
      shownDifference(largestDifference),
      `${(100 * nearest).toFixed(1)} %`,
      speed.exportedMs.toFixed(1),
      speed.originalMs?.toFixed(1) ?? "-",
      verdict === "pass" ? "pass" : "FAIL",
    ];
  });
  const all = [[...heads, ""], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  for (const row of all) {
    console.log(`  ${row.map((cell, i) => cell.padStart(widths[i]!)).join("  ")}`);
  }
  for (const { file, reason } of exports) console.log(`  ${file}: ${reason}`);
}

/** @throws EngineError "parity.failed" when one of them failed */
export function refuseFailed(folder: string, exports: readonly ExportParity[]): void {
  const failed = exports.filter(({ verdict }) => verdict === "fail");
  if (failed.length === 0) return;
  const lines = failed.map(({ file, reason }) => `${file}: ${reason}`);
  throw new EngineError("parity.failed", `${folder} is not the same model. ${lines.join(" ")}`, {
    hint: "Take a more exact precision, or state another bar with --bar; the README.md there has the numbers.",
  });
}
