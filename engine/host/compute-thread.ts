/**
 * Entry of the compute thread: it owns the runtime's sessions. A run blocks this thread and no
 * other.
 */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { chooseExecutor } from "../executors/choose.ts";
import { toFloat16 } from "../executors/float-formats.ts";
import { Client, serve, type Call } from "../protocol/connection.ts";
import type { Control } from "../session/control.ts";
import { Session } from "../session/session.ts";
import { computeRequests, pixelRequests } from "./compute-messages.ts";
import { threadPort } from "./thread-port.ts";

/** How the server thread starts this one. */
export interface ComputeThreadData {
  readonly pixels: MessagePort;
}

let starting: Promise<Session> | undefined;

function session(): Promise<Session> {
  if (!starting) throw new Error("internal: the compute thread was not started");
  return starting;
}

const { pixels } = workerData as ComputeThreadData;
const pixelClient = new Client(threadPort(pixels), pixelRequests);

serve(
  threadPort(parentPort!),
  computeRequests,
  {
    start: async ({ device, rope, featureBytes, programBytes }) => {
      const choice = chooseExecutor(device);
      starting = choice.then(
        ({ executor }) =>
          new Session({
            executor,
            rope,
            featureBytes,
            programBytes,
            pixels: {
              describe: (image) => pixelClient.call("describe", { image }),
              input: (image, geometry, preprocessor, signal) =>
                pixelClient.call("input", { image, geometry, preprocessor }, { signal }),
            },
          }),
      );
      starting.catch(() => {}); // Told to whoever asked for the start.
      return { reports: [...(await choice).reports] };
    },
    "model.open": async ({ path }, call) => (await session()).openModel(path, control(call)),
    stop: async () => {
      await (await starting)?.dispose();
      // In a thread this ends the thread; later, so that the answer is on its way.
      setImmediate(() => process.exit());
      return {};
    },
    "image.forget": async ({ image }) => {
      (await session()).forgetImage(image);
      return {};
    },
    features: async (ref, call) => {
      const found = await (await session()).features(ref, control(call));
      const { patches, cls, registers, geometry, width, block, norm, elapsedMs, cached } = found;
      return {
        patches: toFloat16(patches),
        // Views of the cached tokens: cloned as they are, all of the tokens would travel.
        cls: cls.slice(),
        registers: registers.slice(),
        geometry,
        width,
        block,
        norm,
        elapsedMs,
        cached,
      };
    },
    "snapshot.probe": async ({ snapshot, call: probe, basis }, call) =>
      (await session()).snapshotProbe(snapshot, probe, basis, control(call)),
    probe: async ({ features, call: probe }, call) =>
      (await session()).probe(features, probe, control(call)),
  },
  (error) => console.error(error),
);

function control({ signal, progress }: Call): Control {
  return {
    signal,
    progress: (fraction, label, remainingMs) =>
      progress({ fraction, label, ...(remainingMs === undefined ? {} : { remainingMs }) }),
  };
}
