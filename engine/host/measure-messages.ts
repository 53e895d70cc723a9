/** What the server thread and the measuring thread say to each other. */
import { z } from "zod";
import { exportingRequests } from "../protocol/exporting.ts";
import { measuringDescription, measuringRequests } from "../protocol/measuring.ts";
import { verifyingRequests } from "../protocol/verifying.ts";

const empty = z.object({});

export const measureRequests = {
  describe: { payload: empty, reply: measuringDescription.omit({ samplesFolder: true }) },
  compare: measuringRequests["compare.run"],
  probe: measuringRequests["probe.measure"],
  export: exportingRequests["export.run"],
  verify: verifyingRequests["export.verify"],
  /** End the thread, whatever it does. */
  exit: { payload: empty, reply: empty },
} as const;
