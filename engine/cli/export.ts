/** `gramscope export`: a model in a format and a precision that others load. */
import { exportDirectory, precisions } from "../export/model-directory.ts";
import { exportOnnx } from "../export/export-onnx.ts";
import { onnxPrecisions } from "../export/vit-graph.ts";
import type { RopePrecision } from "../model/rope.ts";
import { oneOf } from "./options.ts";
import { terminalProgress } from "./terminal-progress.ts";

const formats = ["onnx", "safetensors"] as const;

export interface ExportVerbOptions {
  readonly model: string;
  readonly format: string;
  readonly precision: string;
  readonly out: string;
  readonly opset: number;
  readonly fused?: true;
  readonly rope: RopePrecision;
  readonly name?: string;
  readonly note?: string;
  readonly json?: true;
}

export async function runExport(options: ExportVerbOptions): Promise<void> {
  const { out } = options;
  const format = oneOf("--format", options.format, formats);
  const precision = format === "onnx" ? await writeOnnxFiles(options) : await writeFolder(options);
  if (options.json) console.log(JSON.stringify({ out, format, precision }));
  else console.log(`${out}: ${format}, ${precision}`);
}

async function writeOnnxFiles(options: ExportVerbOptions): Promise<string> {
  const { model, out, opset, rope, fused = false } = options;
  const wanted = options.precision.split(",").map((name) => name.trim());
  const chosen = [...new Set(wanted)].map((name) => oneOf("--precision", name, onnxPrecisions));
  const { signal, progress } = terminalProgress();
  const wish = { precisions: chosen, opset, isFused: fused, rope, signal, progress };
  await exportOnnx(model, out, wish);
  return chosen.join(", ");
}

async function writeFolder({ model, out, precision, name, note }: ExportVerbOptions) {
  const chosen = oneOf("--precision", precision, precisions);
  const { signal } = terminalProgress();
  await exportDirectory(model, out, { precision: chosen, name, note, signal });
  return chosen;
}
