/** A folder that appears whole or not at all: written beside under a name nobody reads, then renamed. */
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { diskRefusal } from "./disk-refusal.ts";
import { temporaryName } from "./durable.ts";

/**
 * @param folder new or empty
 * @param fill writes into a folder that is not there yet, and may say what to add to its name
 * @returns the folder as it was named, absolute
 * @throws EngineError "path.unwritable", "disk.full", or what `fill` throws; nothing is left then
 */
export async function writeWholeFolder(
  folder: string,
  fill: (temporary: string) => Promise<string | undefined>,
): Promise<string> {
  const wanted = resolve(folder);
  const temporary = temporaryName(wanted);
  try {
    await refuseFilled(wanted);
    await mkdir(dirname(wanted), { recursive: true });
    const suffix = (await fill(temporary)) ?? "";
    const target = suffix === "" ? wanted : await freeName(`${wanted}${suffix}`);
    // Only a missing or an empty folder comes this far; Windows does not rename over an empty one.
    await rmdir(target).catch(() => {});
    await rename(temporary, target);
    return target;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // The first error counts.
    throw diskRefusal(folder, error);
  }
}

/** The name, or with the first number from 2 on that is not taken. */
async function freeName(wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    const isTaken = await readdir(name).then(
      (names) => names.length > 0,
      (error: unknown) => (error as NodeJS.ErrnoException).code !== "ENOENT",
    );
    if (!isTaken) return name;
  }
}

/** @throws EngineError "path.unwritable" for a folder that holds something, and for what is no folder */
async function refuseFilled(folder: string): Promise<void> {
  const refuse = (received: string, cause?: unknown) =>
    new EngineError(
      "path.unwritable",
      `${folder}: expected a new or an empty folder, ${received}`,
      {
        hint: "Choose another folder, or remove what is there first.",
        cause,
      },
    );
  const names = await readdir(folder).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw refuse(code === "ENOTDIR" ? "there is a file" : message, error);
  });
  if (names.length > 0) throw refuse(`it holds ${names.slice(0, 3).join(", ")}`);
}
