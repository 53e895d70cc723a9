/** One function per request; a kind that is missing does not compile. */
import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import { cachedModelPath } from "../hub/model-name.ts";
import type { CallOptions, Call, Handlers } from "../protocol/connection.ts";
import { protocolVersion, type ImageInfo, type requests } from "../protocol/messages.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import { bundledModels, sampleNamed, samples } from "./bundled.ts";
import { hubHandlers } from "./hub-handlers.ts";
import { exportHandlers } from "./export-handlers.ts";
import { figureHandlers, type FigureContext } from "./figure-handlers.ts";
import { measureHandlers, type MeasureContext } from "./measure-handlers.ts";
import { runHandlers, type RunContext } from "./run-handlers.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { timelineHandlers } from "./timeline-handlers.ts";

export interface HandlerContext extends RunContext, MeasureContext, FigureContext {
  /** Of the program. */
  readonly version: string;
}

/** One client's. Photographs belong to the client that opened them, models to all. */
export interface ClientHandlers {
  readonly handlers: Handlers<typeof requests>;
  /** The client has gone, and its photographs with it: nobody else knows their ids. */
  left(): void;
}

export function createHandlers(context: HandlerContext): ClientHandlers {
  const { compute, images, assets, version } = context;
  const opened = new Set<string>();
  let isGone = false;

  const close = async (image: string) => {
    opened.delete(image);
    images.close(image);
    return compute.call("image.forget", { image });
  };
  const own = async (info: ImageInfo) => {
    opened.add(info.id);
    if (isGone) await close(info.id);
    return info;
  };

  const handlers: Handlers<typeof requests> = {
    "engine.info": async () => {
      const [executors, models, photographs] = await Promise.all([
        compute.reports(),
        bundledModels(assets),
        samples(assets),
      ]);
      return {
        version,
        protocol: protocolVersion,
        executors: [...executors],
        memory: { resident: process.memoryUsage.rss(), total: os.totalmem() },
        machine: await machineAt(assets),
        models,
        samples: photographs.map(({ name, credit }) => ({ name, credit })),
      };
    },
    "model.open": async ({ path }, call) =>
      compute.openModel(await cachedModelPath(path), forwarded(call)),
    "image.open": ({ name, bytes }, { signal }) => images.open(name, bytes.data, signal).then(own),
    "image.labels": async ({ name, bytes }, { signal }) => ({
      values: await images.labels(name, bytes.data, signal),
    }),
    "image.sample": async ({ name }, { signal }) => {
      const sample = await sampleNamed(assets, name);
      const bytes = await readFile(sample.path);
      return images.open(name, bytes, signal, sample.credit).then(own);
    },
    "image.close": ({ image }) => close(image),
    "features.get": async (ref, call) => {
      const { patches, cls, registers, width, ...rest } = await compute.call(
        "features",
        ref,
        forwarded(call),
      );
      const chosen = (await compute.reports()).find((report) => report.chosen);
      return {
        ...rest,
        patches: toWireTensor(patches, [patches.length / width, width]),
        cls: toWireTensor(cls, [width]),
        registers: toWireTensor(registers, [registers.length / width, width]),
        executor: chosen?.name ?? "cpu",
      };
    },
    ...runHandlers(context),
    ...measureHandlers(context),
    ...exportHandlers(context),
    ...hubHandlers(),
    ...timelineHandlers(),
    ...figureHandlers(context),
    ...sessionHandlers(context),
    "probe.run": (payload, call) => compute.call("probe", payload, forwarded(call)),
  };
  return {
    handlers,
    left: () => {
      isGone = true;
      // An engine that is being closed, or a thread that died, has nothing to forget.
      for (const image of opened) close(image).catch(() => {});
    },
  };
}

/** What runs the engine, for the first-run check and bug reports. */
async function machineAt(folder: string) {
  // Some file systems do not say how full they are.
  const disk = await statfs(folder).catch(() => undefined);
  const processors = os.cpus();
  return {
    system: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? "",
    cores: processors.length,
    node: process.version,
    ...(disk && {
      disk: { free: disk.bavail * disk.bsize, total: disk.blocks * disk.bsize },
    }),
  };
}

/** Cancellation goes on to the compute thread, progress comes back from it. */
function forwarded({ signal, progress }: Call): CallOptions {
  return { signal, onProgress: progress };
}
