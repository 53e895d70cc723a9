/** A folder of labelled data to a set of one task: the layout is told from what lies in the folder. */
import { EngineError } from "../protocol/errors.ts";
import { ade20k } from "./ade20k.ts";
import { cityscapes } from "./cityscapes.ts";
import { classFolders } from "./class-folders.ts";
import { coco } from "./coco.ts";
import { davis } from "./davis.ts";
import { depthFolder } from "./depth-folder.ts";
import { LabelFolder, type Reading } from "./label-folder.ts";
import type { LabelledSet, Task } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { maskFolder } from "./mask-folder.ts";
import { pairList } from "./pair-list.ts";
import { spair } from "./spair.ts";
import { voc } from "./voc.ts";

export const layoutNames = [
  "masks",
  "voc",
  "ade20k",
  "cityscapes",
  "coco",
  "depth",
  "pairs",
  "spair",
  "davis",
  "classes",
] as const;
export type LayoutName = (typeof layoutNames)[number];

export interface OpenLabelsOptions extends Reading {
  /** Absent: recognised. */
  readonly layout?: LayoutName | undefined;
}

const layouts: Readonly<Record<LayoutName, Layout>> = {
  masks: maskFolder,
  voc,
  ade20k,
  cityscapes,
  coco,
  depth: depthFolder,
  pairs: pairList,
  spair,
  davis,
  classes: classFolders,
};

/**
 * Every layout is described in docs/labelled-data.md. Lists and annotations are read here; images
 * and masks when an item is asked for.
 *
 * @throws EngineError "path.missing", "path.unreadable"; "data.empty" when no layout of the task is
 *   recognised, or nothing is labelled; "option.invalid" when several are, or the named one does not
 *   serve the task; "config.invalid", "config.contradicts" for what is wrong in lists and
 *   annotations; "cancelled"
 */
export async function openLabels<T extends Task>(
  folder: string,
  task: T,
  { layout, signal, onProgress }: OpenLabelsOptions = {},
): Promise<LabelledSet<T>> {
  const opened = await LabelFolder.open(folder);
  const name = layout ?? (await recognise(opened, task));
  const open = layouts[name].open[task];
  if (!open) {
    throw new EngineError(
      "option.invalid",
      `layout: expected one that serves ${task} (${namesFor(task).join(", ")}), received ${name}`,
    );
  }
  return open(opened, { signal, onProgress });
}

async function recognise(folder: LabelFolder, task: Task): Promise<LayoutName> {
  const found: LayoutName[] = [];
  for (const name of layoutNames) if (await layouts[name].recognises(folder)) found.push(name);
  // Folders of images are in every layout, so class folders are what remains.
  const specific = found.filter((name) => name !== "classes");
  const likely = specific.length > 0 ? specific : found;
  const fitting = likely.filter((name) => layouts[name].open[task]);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (fitting.length > 1) {
    throw new EngineError(
      "option.invalid",
      `${folder.path}: expected one layout for ${task}, received several: ${fitting.join(", ")}`,
      { hint: "Name the one that is meant, or move the other out of the folder." },
    );
  }
  const looked = namesFor(task).map((name) => `${name} (${layouts[name].looksFor})`);
  const other = likely.map(
    (name) => `${name}, which serves ${Object.keys(layouts[name].open).join(" and ")}`,
  );
  throw new EngineError(
    "data.empty",
    `${folder.path}: expected labels for ${task}, looked for ${looked.join("; ")}; ${other.length > 0 ? `found the layout ${other.join("; ")}` : await whatIsThere(folder)}`,
    { hint: "docs/labelled-data.md shows each layout as a tree." },
  );
}

/** Every layout with the tasks that it serves. */
export function layoutTasks(): { readonly name: LayoutName; readonly tasks: Task[] }[] {
  return layoutNames.map((name) => ({ name, tasks: Object.keys(layouts[name].open) as Task[] }));
}

function namesFor(task: Task): LayoutName[] {
  return layoutNames.filter((name) => layouts[name].open[task]);
}

async function whatIsThere(folder: LabelFolder): Promise<string> {
  const { files, folders } = await folder.entries();
  const names = [...folders.map((name) => `${name}/`), ...files];
  if (names.length === 0) return "the folder is empty";
  return `found ${names.slice(0, 6).join(", ")}${names.length > 6 ? ` and ${names.length - 6} more` : ""}`;
}
