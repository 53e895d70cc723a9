/** Which images of a set train a probe and which test it: by lists, or by a hash of their names. */
import { createHash } from "node:crypto";
import { EngineError } from "../protocol/errors.ts";
import { type LabelFolder, byCodeUnits, insidePath, stemOf } from "./label-folder.ts";
import type { Split } from "./labelled.ts";
import { readLines } from "./text-files.ts";

export interface SplitNames {
  readonly names: Readonly<Record<Split, readonly string[]>>;
  /** The lists that were read. */
  readonly lists: readonly string[];
  /** For the description: "split by train.txt and val.txt". */
  readonly how: string;
}

/** One in this many is kept for the test where no list decides. */
const testShare = 5;

/**
 * A fifth of the names, at least one of two, by the order of their SHA-256: the same on every
 * machine, whatever else is in the folder's listing.
 */
export function splitByHash(names: readonly string[]): Record<Split, string[]> {
  const ranked = names
    .map((name) => ({ name, hash: createHash("sha256").update(name).digest("hex") }))
    .sort((a, b) => byCodeUnits(a.hash, b.hash));
  const count = names.length < 2 ? 0 : Math.max(1, Math.round(names.length / testShare));
  const test = new Set(ranked.slice(0, count).map(({ name }) => name));
  return {
    train: names.filter((name) => !test.has(name)),
    test: names.filter((name) => test.has(name)),
  };
}

/**
 * With one list, the rest of the names is the other half; with none, {@link splitByHash} decides.
 *
 * @param names what there is to split: paths without extension
 * @param lists where a list may lie, the first that is there counts; entries with or without extension
 * @throws EngineError "path.missing" for a listed name that is not there, "config.contradicts" for
 *   one in both lists, "config.invalid" for one that leaves the folder, "data.empty" when a half is
 *   empty
 */
export async function readSplits(
  folder: LabelFolder,
  names: readonly string[],
  lists: Readonly<Record<Split, readonly string[]>>,
): Promise<SplitNames> {
  const found = {
    train: await firstThatIsThere(folder, lists.train),
    test: await firstThatIsThere(folder, lists.test),
  };
  const listed = {
    train: found.train === undefined ? undefined : await readNames(folder, found.train, names),
    test: found.test === undefined ? undefined : await readNames(folder, found.test, names),
  };
  if (listed.train && listed.test) checkApart(folder, listed, found as Record<Split, string>);
  const others = (taken: readonly string[]) => {
    const set = new Set(taken);
    return names.filter((name) => !set.has(name));
  };
  const { train, test } = listed;
  const split =
    train || test
      ? { train: train ?? others(test!), test: test ?? others(train!) }
      : splitByHash(names);
  const read = [found.train, found.test].filter((list) => list !== undefined);
  const how =
    read.length > 0
      ? `split by ${read.join(" and ")}`
      : "split four to one by a hash of their names";
  checkFilled(folder.path, split, how);
  return { names: split, lists: read, how };
}

/** @throws EngineError "data.empty" */
export function checkFilled(
  where: string,
  split: Readonly<Record<Split, readonly unknown[]>>,
  how: string,
): void {
  if (split.train.length > 0 && split.test.length > 0) return;
  throw new EngineError(
    "data.empty",
    `${where}: expected images to train on and images to test on, received ${split.train.length} and ${split.test.length} (${how})`,
    { hint: "At least two labelled images are needed." },
  );
}

/**
 * The names that a list holds, as they stand in the folder; each once.
 * @throws EngineError as readSplits does
 */
export async function readNames(
  folder: LabelFolder,
  list: string,
  names: readonly string[],
): Promise<string[]> {
  const known = new Set(names);
  const file = folder.at(list);
  const found = (await readLines(file)).map((line) => {
    const path = insidePath(line, file);
    const name = known.has(path) ? path : stemOf(path);
    if (known.has(name)) return name;
    throw new EngineError(
      "path.missing",
      `${file}: lists ${JSON.stringify(line)}, which is not there with its label`,
      { hint: "Take it out of the list, or add what is missing." },
    );
  });
  return [...new Set(found)];
}

async function firstThatIsThere(
  folder: LabelFolder,
  lists: readonly string[],
): Promise<string | undefined> {
  for (const list of lists) if (await folder.hasFile(list)) return list;
  return undefined;
}

function checkApart(
  folder: LabelFolder,
  listed: Readonly<Record<Split, readonly string[] | undefined>>,
  lists: Readonly<Record<Split, string>>,
): void {
  const train = new Set(listed.train);
  const shared = (listed.test ?? []).filter((name) => train.has(name));
  if (shared.length === 0) return;
  throw new EngineError(
    "config.contradicts",
    `${folder.at(lists.test)}: expected no image of ${lists.train}, received ${JSON.stringify(shared[0])} (${shared.length} in both)`,
    { hint: "What a probe is tested on must not train it." },
  );
}
