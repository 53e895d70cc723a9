/** Output files: checked before the work starts, written to a temporary name, then renamed. */
import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { diskRefusal } from "../files/disk-refusal.ts";
import { temporaryName } from "../files/durable.ts";
import { EngineError } from "../protocol/errors.ts";

/**
 * @param inputs what is read, and must not be written over
 * @throws EngineError "path.unwritable", so that minutes of work are not lost to a typing error
 */
export async function checkWritable(
  file: string,
  inputs: readonly (string | undefined)[] = [],
): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  const refuse = (problem: string, cause?: unknown) =>
    new EngineError("path.unwritable", `${file}: the folder ${folder} ${problem}`, {
      hint: "Make the folder first, or choose another place with --out.",
      cause,
    });
  try {
    if (!(await stat(folder)).isDirectory()) throw refuse("is a file");
    await access(folder, constants.W_OK);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw refuse(isMissing ? "does not exist" : "cannot be written to", error);
  }
  const existing = await stat(file).catch(() => undefined);
  if (existing?.isDirectory() === true) {
    throw new EngineError("path.unwritable", `${file}: expected a file name, this is a folder`, {
      hint: "Add the file's name to --out.",
    });
  }
  for (const input of inputs) {
    const read = input === undefined ? undefined : await stat(input).catch(() => undefined);
    if (existing !== undefined && existing.ino === read?.ino && existing.dev === read.dev) {
      throw new EngineError("path.unwritable", `${file}: this is what is read (${input})`, {
        hint: "Choose another file with --out.",
      });
    }
  }
}

/** @throws EngineError "path.unwritable", "disk.full"; nothing half-written is left */
export async function writeOutput(file: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path.resolve(file));
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskRefusal(file, error, {
      unwritable: "Check that the folder can be written to and the file is not open elsewhere.",
    });
  }
}
