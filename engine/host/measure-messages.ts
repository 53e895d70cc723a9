/** What the server thread and the measuring thread say to each other. */
import { z } from "zod";
import { exportingRequests } from "../protocol/exporting.ts";
import { measuringDescription, measuringRequests } from "../protocol/measuring.ts";

const empty = z.object({});

export const measureRequests = {
  describe: { payload: empty, reply: measuringDescription.omit({ samplesFolder: true }) },
  compare: measuringRequests["compare.run"],
  probe: measuringRequests["probe.measure"],
  export: exportingRequests["export.run"],
  /** End the thread, whatever it does. */
  exit: { payload: empty, reply: empty },
} as const;
