/** A set of the built-in world written to a folder, in a layout that our probes and other tools read. */
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { writeWholeFolder } from "../files/whole-folder.ts";
import type { LabelledSet, Split, Task } from "../labels/labelled.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { sceneSet, scenesVersion, type SceneSetOptions } from "../scenes/scene-sets.ts";
import type { TaskPoolOptions } from "../threads/task-pool.ts";
import { exportLayouts, type Facts, type ItemPlace } from "./export-layouts.ts";
import { FolderWriter, type ImageFormat } from "./folder-writer.ts";
import { ScenePool } from "./scene-pool.ts";

export interface ExportOptions extends TaskPoolOptions {
  readonly set: SceneSetOptions;
  readonly format: ImageFormat;
  readonly signal?: AbortSignal | undefined;
  /** Called after every item. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface ExportedScenes {
  /** The layout's name, as engine/labels has it. */
  readonly layout: string;
  readonly written: Readonly<Record<Split, number>>;
  /** Items that the layout has no place for: pairs without a point, pictures without a box. */
  readonly leftOut: number;
  readonly description: string;
}

/**
 * The items are those of sceneSet(task, set), to the pixel. All threads draw. The folder appears
 * when everything is in it.
 * @param folder is made; may be there if it is empty
 * @throws EngineError "path.unwritable" for a folder that holds something, or as writing goes wrong;
 *   "option.invalid" for a set that cannot be; "data.empty" for one that could not be read back;
 *   "disk.full", "cancelled"
 */
export async function exportScenes(
  task: Task,
  folder: string,
  options: ExportOptions,
): Promise<ExportedScenes> {
  return exportSet(task, sceneSet(task, options.set), folder, options);
}

async function exportSet<T extends Task>(
  task: T,
  labelled: LabelledSet<T>,
  folder: string,
  options: ExportOptions,
): Promise<ExportedScenes> {
  const { set, format, signal, progress } = options;
  const layout = exportLayouts[task];
  const places = placesOf(set, layout.hasSplits);
  const threads = options.threads ?? availableParallelism();
  let facts: (Facts[T] | undefined)[] = [];
  await writeWholeFolder(folder, async (temporary) => {
    await mkdir(temporary);
    const pool = new ScenePool({ ...options, threads });
    try {
      facts = await writeItems<T>(places, threads, { signal, progress }, (place) =>
        pool.run("writeItem", { task, set, place, folder: temporary, format }, signal),
      );
    } finally {
      // Before the folder is taken away: a thread may still be writing into it.
      await pool.dispose();
    }
    const kept = facts.filter((fact) => fact !== undefined);
    checkReadable(task, kept, labelled);
    const writer = new FolderWriter(temporary, format);
    const lists = layout.finish(kept, labelled);
    for (const [path, text] of Object.entries(lists)) await writer.write(path, text);
    const about = { madeBy: "gramscope scenes", scenesVersion, task, layout: layout.name, ...set };
    await writer.write("scenes.json", `${JSON.stringify(about, undefined, 2)}\n`);
    throwIfAborted(signal, "Writing scenes");
  });
  const counted = (split: Split) => facts.filter((fact) => fact?.split === split).length;
  return {
    layout: layout.name,
    written: { train: counted("train"), test: counted("test") },
    leftOut: facts.filter((fact) => fact === undefined).length,
    description: labelled.description,
  };
}

function placesOf({ train, test }: SceneSetOptions, hasSplits: boolean): ItemPlace[] {
  const of = (split: Split, count: number) =>
    Array.from({ length: count }, (_, index): ItemPlace => ({ split, index }));
  return [...(hasSplits ? of("train", train) : []), ...of("test", test)];
}

/** As many at a time as there are threads, so that a cancellation has little to wait for. */
async function writeItems<T extends Task>(
  places: readonly ItemPlace[],
  atOnce: number,
  { signal, progress }: Pick<ExportOptions, "signal" | "progress">,
  write: (place: ItemPlace) => Promise<unknown>,
): Promise<(Facts[T] | undefined)[]> {
  const facts = new Array<Facts[T] | undefined>(places.length);
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < places.length) {
      throwIfAborted(signal, "Writing scenes");
      const i = next++;
      facts[i] = (await write(places[i]!)) as Facts[T] | undefined;
      progress?.(++done, places.length);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return facts;
}

/** What a probe would refuse is not written in the first place. */
function checkReadable<T extends Task>(
  task: T,
  facts: readonly Facts[T][],
  set: LabelledSet<T>,
): void {
  const refuse = (message: string, hint: string) =>
    new EngineError("data.empty", `${set.description}: ${message}`, { hint });
  if (facts.length === 0) {
    throw refuse("expected at least one item with a label, drew none", "Draw more with --test.");
  }
  if (task !== "classification") return;
  const classed = facts as readonly Facts["classification"][];
  const { classes } = set as LabelledSet<"classification">;
  const labels = (split: Split) =>
    new Set(classed.filter((fact) => fact.split === split).map(({ label }) => label));
  const [train, test] = [labels("train"), labels("test")];
  const missing = [...test].filter((label) => !train.has(label)).map((label) => classes[label]!);
  if (missing.length === 0 && train.size >= 2) return;
  throw refuse(
    `expected every class of the test among those to train on, at least two; ${missing.length > 0 ? `${missing.join(", ")} missing` : "one drawn"}`,
    "Draw more with --train: a hundred hold every class.",
  );
}
