/** All of the engine in this process: what answers a page, a saved session or the window. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceChoice } from "../executors/choose.ts";
import { FigurePool } from "../figures/figure-pool.ts";
import { Compute } from "../host/compute.ts";
import type { HandlerContext } from "../host/handlers.ts";
import { Images } from "../host/images.ts";
import { MeasureJobs } from "../host/measure-jobs.ts";
import { Training } from "../host/training.ts";
import { ImagePool } from "../image/image-pool.ts";
import type { RopePrecision } from "../model/rope.ts";
import { ScenePool } from "../scene-files/scene-pool.ts";
import { memoryBudget } from "./local-session.ts";
import { programVersion } from "./version.ts";

/** Everything built lies beside this file's bundle; assets lie beside dist/. */
export const builtFiles = path.dirname(fileURLToPath(import.meta.url));
export const assets = path.resolve(builtFiles, "../../assets");

export interface EngineParts extends HandlerContext {
  readonly compute: Compute;
  readonly training: Training;
  /** Ends every thread. */
  dispose(): Promise<void>;
}

/** Threads start when they are needed. */
export async function openEngineParts(choice: {
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
}): Promise<EngineParts> {
  const { device, rope } = choice;
  const thread = (name: string) => path.join(builtFiles, `${name}-thread.js`);
  const pool = new ImagePool();
  const images = new Images(pool);
  const compute = new Compute({
    device,
    rope,
    ...memoryBudget(),
    pixels: images,
    threadFile: thread("compute"),
  });
  const training = new Training({ device, rope, threadFile: thread("train") });
  const measuring = new MeasureJobs({ device, rope, threadFile: thread("measure") });
  const scenes = new ScenePool();
  const figures = new FigurePool();
  const version = await programVersion();
  return {
    ...{ compute, images, training, measuring, scenes, figures, assets, version },
    dispose: async () => {
      const parts = [compute, pool, training, measuring, scenes, figures];
      await Promise.all(parts.map((part) => part.dispose()));
    },
  };
}
