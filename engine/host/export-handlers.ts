/** Requests about exports and their proofs. The work is done in the measuring thread. */
import os from "node:os";
import path from "node:path";
import { usualBars } from "../parity/bars.ts";
import type { Handlers } from "../protocol/connection.ts";
import { opsetRange, type exportingRequests } from "../protocol/exporting.ts";
import type { verifyingRequests } from "../protocol/verifying.ts";
import type { MeasureContext } from "./measure-handlers.ts";

export function exportHandlers({
  measuring,
  assets,
}: Pick<MeasureContext, "measuring" | "assets">): Handlers<
  typeof exportingRequests & typeof verifyingRequests
> {
  return {
    "export.describe": async () => ({
      opsets: [...opsetRange],
      bars: usualBars,
      exportsFolder: path.join(os.homedir(), "gramscope-exports"),
      samplesFolder: path.join(assets, "samples"),
    }),
    "export.run": (wish, { signal, progress }) =>
      measuring.export(wish, { signal, onProgress: progress }),
    "export.verify": (wish, { signal, progress }) =>
      measuring.verify(wish, { signal, onProgress: progress }),
  };
}
