/** The features of watched photographs that a run kept, step by step. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { geometry, type Geometry } from "../protocol/geometry.ts";
import { readSafetensors, readTensor, type SafetensorsFile } from "../weights/safetensors.ts";
import { runPaths } from "./run-directory.ts";

/** "step-000100.safetensors". */
export function snapshotName(step: number): string {
  return `step-${String(step).padStart(6, "0")}.safetensors`;
}

export interface WatchedImage {
  readonly name: string;
  readonly geometry: Geometry;
}

const watchedSchema = z.array(z.object({ name: z.string(), geometry }));

/** Steps whose features were kept, in order. No folder, no steps. */
export async function snapshotSteps(run: string): Promise<number[]> {
  const names = await readdir(runPaths({ folder: run }).snapshots).catch(() => []);
  return names
    .flatMap((name) => /^step-(\d{6,})\.safetensors$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The watched photographs of one step. */
export async function watchedImages(run: string, step: number): Promise<WatchedImage[]> {
  const { file, path } = await open(run, step);
  return parse(file, path);
}

export interface SnapshotFeatures extends WatchedImage {
  /** [P * D] */
  readonly patches: Float32Array;
  /** [D] */
  readonly cls: Float32Array;
  readonly width: number;
}

/** @throws EngineError "run.missing" where nothing was kept, "run.damaged" */
export async function readSnapshot(
  run: string,
  step: number,
  image: number,
): Promise<SnapshotFeatures> {
  const { file, path } = await open(run, step);
  const watched = parse(file, path)[image];
  const [patches, cls] = [file.tensors.get(`${image}.patches`), file.tensors.get(`${image}.cls`)];
  const count = watched ? watched.geometry.grid.rows * watched.geometry.grid.cols : 0;
  const width = cls?.shape[0] ?? 0;
  if (!watched || !patches || !cls || patches.shape.join() !== [count, width].join()) {
    throw new EngineError("run.damaged", `${path}: it holds no features of image ${image}`);
  }
  return {
    ...watched,
    width,
    patches: await readTensor(file, patches),
    cls: await readTensor(file, cls),
  };
}

async function open(run: string, step: number) {
  const path = join(runPaths({ folder: run }).snapshots, snapshotName(step));
  const file = await readSafetensors(path).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.code !== "path.missing") throw error;
    throw new EngineError("run.missing", `${path}: no features were kept at this step`, {
      hint: "Name photographs to watch in the recipe.",
    });
  });
  return { file, path };
}

function parse({ metadata }: SafetensorsFile, path: string): WatchedImage[] {
  let json: unknown;
  try {
    json = JSON.parse(metadata["images"] ?? "");
  } catch {
    json = undefined;
  }
  const parsed = watchedSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new EngineError("run.damaged", `${path}: it does not name its photographs`);
}
