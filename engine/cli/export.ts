/** `gramscope export`: a model in a format and a precision that others load. */
import { oneOf } from "./options.ts";
import { exportDirectory, precisions } from "../export/model-directory.ts";
import { terminalProgress } from "./terminal-progress.ts";

const formats = ["safetensors"] as const;

export interface ExportVerbOptions {
  readonly model: string;
  readonly format: string;
  readonly precision: string;
  readonly out: string;
  readonly name?: string;
  readonly note?: string;
  readonly json?: true;
}

export async function runExport(options: ExportVerbOptions): Promise<void> {
  const { model, out, name, note } = options;
  const format = oneOf("--format", options.format, formats);
  const precision = oneOf("--precision", options.precision, precisions);
  const { signal } = terminalProgress();
  await exportDirectory(model, out, { precision, name, note, signal });
  if (options.json) console.log(JSON.stringify({ out, format, precision }));
  else console.log(`${out}: ${precision}, opens with transformers and with gramscope`);
}
