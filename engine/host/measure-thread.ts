/**
 * Entry of the measuring thread: comparisons, probes, exports and their proofs, one after the other, on
 * an executor of its own. The executor stays from job to job; the thread ends when it was idle for a while.
 */
import { parentPort, workerData } from "node:worker_threads";
import { drawCases, type CasePictureFile } from "../case-pictures/draw-cases.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { Executor } from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { serve, type Call } from "../protocol/connection.ts";
import type { CasePicture } from "../protocol/measuring.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { Control } from "../session/control.ts";
import { Turns } from "../session/turns.ts";
import { runCompareJob } from "./compare-job.ts";
import { runExportJob, runVerifyJob } from "./export-job.ts";
import { exportToWire } from "./export-wire.ts";
import { describeMeasuring } from "./measure-description.ts";
import { measureRequests } from "./measure-messages.ts";
import { runProbeJob } from "./probe-job.ts";
import { stepAside } from "./step-aside.ts";
import { threadPort } from "./thread-port.ts";

/** How the server thread starts this one. */
export interface MeasureThreadData {
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
}

stepAside();

const { device, rope } = workerData as MeasureThreadData;
let choosing: Promise<Executor> | undefined;
/** A job that was called off may still be at its last batch when the next one comes. */
const turns = new Turns();

function executor(): Promise<Executor> {
  choosing ??= chooseExecutor(device).then((choice) => choice.executor);
  // Told to the job that asked; the next one tries anew.
  choosing.catch(() => (choosing = undefined));
  return choosing;
}

serve(
  threadPort(parentPort!),
  measureRequests,
  {
    describe: () => describeMeasuring(),
    compare: (wish, call) =>
      turns.take(call.signal, "Comparing", () =>
        runCompareJob(wish, {
          ...control(call),
          executor,
          rope,
          onModel: ({ images: _, ...model }, quality) =>
            call.emit({ kind: "scored", model, quality }),
        }),
      ),
    probe: (wish, call) =>
      turns.take(call.signal, "Measuring", async () => {
        const outcome = await runProbeJob(wish, { ...control(call), executor, rope });
        const pictures = await drawCases(outcome, call.signal);
        return { report: outcome.report, pictures: pictures.map(toWire) };
      }),
    export: (wish, call) =>
      turns.take(call.signal, "Exporting", async () =>
        exportToWire(await runExportJob(wish, { ...control(call), rope })),
      ),
    verify: (wish, call) =>
      turns.take(call.signal, "Verifying", () => runVerifyJob(wish, { ...control(call), rope })),
    exit: () => {
      // Later, so that the answer is on its way.
      setImmediate(() => process.exit());
      return {};
    },
  },
  (error) => console.error(error),
);

function toWire({ case: index, png, caption }: CasePictureFile): CasePicture {
  return { case: index, picture: toWireTensor(png, [png.length]), caption };
}

function control({ signal, progress }: Call): Control {
  return {
    signal,
    progress: (fraction, label, remainingMs) =>
      progress({ fraction, label, ...(remainingMs === undefined ? {} : { remainingMs }) }),
  };
}
