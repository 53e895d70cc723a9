/** Requests about recipes, the run that goes on and runs in folders. */
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import sharp, { type Sharp } from "sharp";
import { toFloat16 } from "../executors/float-formats.ts";
import type { Handlers } from "../protocol/connection.ts";
import { EngineError, toWireError } from "../protocol/errors.ts";
import type { requests } from "../protocol/messages.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { StudentRecord } from "../protocol/training.ts";
import { lintRecipe } from "../recipe/lint.ts";
import { presets } from "../recipe/presets.ts";
import { fields, type Recipe } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { presetNames } from "../recipe/run-fields.ts";
import { listCheckpoints } from "../runs/read-checkpoint.ts";
import { openRun, runPaths } from "../runs/run-directory.ts";
import { readSnapshot, snapshotSteps, watchedImages } from "../runs/snapshots.ts";
import { isSceneName, namedScene } from "../scenes/named-scene.ts";
import { absolutePaths } from "../train/recipe-paths.ts";
import type { Compute } from "./compute.ts";
import { readColumns } from "./metric-columns.ts";
import type { Training } from "./training.ts";

export interface RunContext {
  readonly compute: Compute;
  readonly training: Training;
  /** The assets folder. */
  readonly assets: string;
}

type RunKinds = Extract<
  keyof typeof requests,
  `recipe.${string}` | `training.${string}` | `run.${string}`
>;
type RunHandlers = Pick<Handlers<typeof requests>, RunKinds>;

export function runHandlers({ compute, training, assets }: RunContext): RunHandlers {
  /** Paths that pages of this engine may see: those of runs that were opened or trained here. */
  const watched = new Set<string>();
  return {
    "recipe.describe": () => ({
      fields,
      presets: presetNames.map((name) => {
        const { title, source, note } = presets[name];
        return { name, title, source, note, recipe: { ...resolveRecipe({ preset: name }) } };
      }),
      runsFolder: path.join(os.homedir(), "gramscope-runs"),
      samplesFolder: path.join(assets, "samples"),
    }),
    "recipe.check": ({ recipe }) => {
      try {
        const resolved = resolveRecipe(recipe);
        return { recipe: { ...resolved }, findings: lintRecipe(resolved).map(plain) };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return { error: toWireError(error), findings: [] };
      }
    },
    "training.start": async ({ recipe, folder, isPaused, ignoreMemory }) => {
      const resolved = absolutePaths(resolveRecipe(recipe), process.cwd());
      return training.start({
        recipe: { ...resolved },
        folder: path.resolve(folder),
        isPaused,
        ignoreMemory,
      });
    },
    "training.resume": ({ folder, isPaused }) =>
      training.start({ folder: path.resolve(folder), isPaused, ignoreMemory: true }),
    "training.control": ({ action }) => training.control(action),
    "training.gramWeight": ({ weight }) => training.setGramWeight(weight),
    "training.follow": (_, { signal, emit }) =>
      new Promise((resolve) => {
        const stop = training.follow(emit);
        signal.addEventListener("abort", () => {
          stop();
          resolve({});
        });
      }),
    "run.open": async ({ folder }) => {
      const { recipe, folder: whole } = await openRun(folder);
      for (const file of recipe.watch) watched.add(file);
      const students = [];
      for (const name of studentNames(recipe)) {
        students.push(await studentRecord(whole, name));
      }
      return { folder: whole, recipe: { ...recipe }, students };
    },
    "run.metrics": async ({ folder, student }) => {
      const { folder: whole } = await openRun(folder);
      return readColumns(runPaths({ folder: studentFolder(whole, student) }).metrics);
    },
    "run.features": async ({ folder, student, step, image }) => {
      const place = studentFolder(path.resolve(folder), student);
      const { patches, cls, width, geometry } = await readSnapshot(place, step, image);
      const chosen = (await compute.reports()).find((report) => report.chosen);
      return {
        patches: toWireTensor(toFloat16(patches), [patches.length / width, width]),
        cls: toWireTensor(cls, [width]),
        registers: toWireTensor(new Float32Array(0), [0, width]),
        geometry,
        block: 0,
        norm: true,
        executor: chosen?.name ?? "cpu",
        elapsedMs: 0,
        cached: true,
      };
    },
    "run.probe": ({ snapshot, call: probe, basis }, { signal, progress }) => {
      const { folder, student, step, image } = snapshot;
      const place = { folder: studentFolder(path.resolve(folder), student), step, image };
      return compute.call(
        "snapshot.probe",
        { snapshot: place, call: probe, ...(basis === undefined ? {} : { basis }) },
        { signal, onProgress: progress },
      );
    },
    "run.photograph": async ({ file, side }) => {
      if (!watched.has(file) && !training.photographs().includes(file)) {
        throw new EngineError("path.unreadable", `${file}: it belongs to no run that is open here`);
      }
      const picture = await (
        await openPhotograph(file, side)
      )
        .autoOrient()
        .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
        .webp({ quality: 80, effort: 1 })
        .toBuffer();
      const own = Uint8Array.from(picture);
      return { picture: toWireTensor(own, [own.length]) };
    },
  };
}

/** @param side that is wanted, in pixels; drawing a scene at more would hold this thread up */
async function openPhotograph(file: string, side: number): Promise<Sharp> {
  if (isSceneName(file)) {
    const { pixels, width, height } = namedScene(file, side);
    return sharp(pixels, { raw: { width, height, channels: 3 } });
  }
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new EngineError("path.missing", `${file}: the photograph is gone`, { cause: error });
  });
  return sharp(bytes);
}

/** "" where there is one student, whose files are those of the run. */
function studentNames({ students }: Recipe): string[] {
  return students.length > 0 ? students.map(({ name }) => name) : [""];
}

/** A student is named by the page, and may not lead out of its run. */
function studentFolder(run: string, student: string): string {
  if (student === "") return run;
  if (student === path.basename(student) && student !== "..") return path.join(run, student);
  throw new EngineError(
    "option.invalid",
    `student: expected the name of one, received "${student}"`,
  );
}

async function studentRecord(run: string, name: string): Promise<StudentRecord> {
  const folder = studentFolder(run, name);
  const [checkpoints, snapshots] = await Promise.all([
    listCheckpoints({ folder }),
    snapshotSteps(folder),
  ]);
  const last = snapshots.at(-1);
  const images = last === undefined ? [] : await watchedImages(folder, last);
  return {
    name,
    checkpoints: checkpoints.map(({ step }) => step),
    snapshots,
    watched: images.map(({ name: file, geometry }) => ({ name: file, ...geometry.image })),
  };
}

function plain<T extends { readonly keys: readonly string[] }>(finding: T) {
  return { ...finding, keys: [...finding.keys] };
}
