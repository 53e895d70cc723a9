/** What every layout of a labelled folder offers: how it is told from others, and what it opens. */
import type { LabelFolder, Reading } from "./label-folder.ts";
import type { LabelledSet, Task } from "./labelled.ts";

export interface Layout {
  /** What its folder is known by, for the message when nothing is recognised. */
  readonly looksFor: string;
  recognises(folder: LabelFolder): Promise<boolean>;
  /** By task, for the tasks that it serves. */
  readonly open: {
    readonly [T in Task]?: (folder: LabelFolder, reading: Reading) => Promise<LabelledSet<T>>;
  };
}
