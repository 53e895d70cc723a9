/** Masks of classes: which number in a file stands for which class, and what is refused. */
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import type { LabelFolder } from "./label-folder.ts";
import { ignored } from "./labelled.ts";
import { readRawPng } from "../image/raw-png.ts";
import { type ReadPicture, checkSameSize } from "./read-picture.ts";
import { readJson, readLines } from "./text-files.ts";

export interface MaskRule {
  readonly classes: readonly string[];
  /** By stored number: a class, {@link ignored}, or -1 for a number that has no meaning. */
  readonly meaning: Int16Array;
  /** For messages: "0 to 20 (21 classes in classes.txt) or 255 for pixels that do not count". */
  readonly expected: string;
}

/** Class {@link ignored} cannot be a class of its own. */
const maxClasses = ignored;

/** Class k is stored as k + first; 255, and what lies below first, does not count. */
export function plainRule(classes: readonly string[], source: string, first = 0): MaskRule {
  checkCount(classes.length, source);
  const again = classes.find((name, index) => classes.indexOf(name) < index);
  if (again !== undefined) {
    throw new EngineError(
      "config.contradicts",
      `${source}: expected every class once, received ${JSON.stringify(again)} twice`,
    );
  }
  const last = classes.length - 1 + first;
  const meaning = new Int16Array(256).fill(-1);
  meaning.fill(ignored, 0, first);
  for (let value = first; value <= last; value++) meaning[value] = value - first;
  if (last < ignored) meaning[ignored] = ignored;
  const others = first > 0 ? "0 or 255" : "255";
  return {
    classes,
    meaning,
    expected: `${first} to ${last} (${classes.length} classes, ${source}), or ${others} for pixels that do not count`,
  };
}

/** Each class is stored as the number beside its name. 255 does not count unless it is one of them. */
export function namedRule(values: Readonly<Record<string, number>>, source: string): MaskRule {
  const entries = Object.entries(values).sort(([, a], [, b]) => a - b);
  checkCount(entries.length, source);
  const meaning = new Int16Array(256).fill(-1);
  meaning[ignored] = ignored;
  const taken = new Map<number, string>();
  entries.forEach(([name, value], index) => {
    const other = taken.get(value);
    if (other !== undefined) {
      throw new EngineError(
        "config.contradicts",
        `${source}: ${JSON.stringify(name)}: expected a number of its own, received ${value}, which is ${JSON.stringify(other)}`,
      );
    }
    taken.set(value, name);
    meaning[value] = index;
  });
  const numbers = entries.map(([, value]) => value).join(", ");
  const others = taken.has(ignored) ? "" : ", or 255 for pixels that do not count";
  return {
    classes: entries.map(([name]) => name),
    meaning,
    expected: `${numbers} (${source})${others}`,
  };
}

const className = z.string().trim().min(1, { error: "expected a name" });
const classesJson = z.union([z.array(className), z.record(className, z.int().min(0).max(255))], {
  error: 'expected a list of names, or an object of numbers from 0 to 255 by name ({"cat": 1})',
});

export const classFiles = ["classes.txt", "classes.json"] as const;

/**
 * The classes that a folder declares; undefined where it does not.
 * @returns the rule and the file that it was read from
 * @throws EngineError "config.invalid", "config.contradicts"
 */
export async function readMaskRule(
  folder: LabelFolder,
): Promise<{ rule: MaskRule; file: string } | undefined> {
  for (const file of classFiles) {
    if (!(await folder.hasFile(file))) continue;
    const path = folder.at(file);
    const classes =
      file === "classes.txt" ? await readLines(path) : await readJson(path, classesJson);
    const rule = Array.isArray(classes) ? plainRule(classes, path) : namedRule(classes, path);
    return { rule, file };
  }
  return undefined;
}

/**
 * @param file an indexed or greyscale PNG
 * @returns classes or {@link ignored}, [height, width]
 * @throws EngineError "image.size" for another size than the picture's, "config.contradicts" for a
 *   number without a meaning, "data.empty" when no pixel has a class, or as readRawPng does
 */
export async function readClassMask(
  file: string,
  rule: MaskRule,
  picture: ReadPicture,
): Promise<Uint8Array> {
  const png = await readRawPng(file);
  checkSameSize(picture, png, file);
  const mask = new Uint8Array(png.values.length);
  let counting = 0;
  for (let i = 0; i < mask.length; i++) {
    const value = png.values[i]!;
    const meaning = rule.meaning[value] ?? -1;
    if (meaning < 0) {
      throw new EngineError(
        "config.contradicts",
        `${file}: expected ${rule.expected}; received ${value} at column ${i % png.width}, row ${Math.floor(i / png.width)}`,
        { hint: "Declare the class, or correct the mask." },
      );
    }
    mask[i] = meaning;
    if (meaning !== ignored) counting++;
  }
  if (counting === 0) throw noLabelledPixel(file);
  return mask;
}

export function noLabelledPixel(
  file: string,
  why = "every pixel is one that does not count",
): EngineError {
  return new EngineError(
    "data.empty",
    `${file}: expected at least one pixel with a label: ${why}`,
    { hint: "Take the image out of the set, or label it." },
  );
}

function checkCount(count: number, source: string): void {
  if (count >= 1 && count <= maxClasses) return;
  throw new EngineError(
    "config.invalid",
    `${source}: expected 1 to ${maxClasses} classes, received ${count}`,
  );
}
