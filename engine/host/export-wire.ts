/** An export's result as it crosses to other threads and to pages. */
import type { ProvedExport } from "../parity/proved-export.ts";
import type { ExportResult } from "../protocol/exporting.ts";
import { toWireTensor } from "../protocol/tensor.ts";

/** Pictures as bytes that may cross to other threads and pages. */
export function exportToWire({ pictures, ...found }: ProvedExport): ExportResult {
  return {
    ...found,
    files: [...found.files],
    pictures: pictures.map(({ name, caption, png }) => ({
      name,
      caption,
      picture: toWireTensor(Uint8Array.from(png), [png.length]),
    })),
  };
}
