/** The bytes of a photograph's file, or one message that says why there are none. */
import { readFile } from "node:fs/promises";
import { EngineError } from "../protocol/errors.ts";

/** @throws EngineError "path.missing", "path.unreadable" */
export async function readImageFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new EngineError("path.missing", `${file}: no such file`, { cause: error });
    }
    const why = code === "EISDIR" ? "it is a folder" : (code ?? String(error));
    throw new EngineError("path.unreadable", `${file}: cannot be read: ${why}`, { cause: error });
  }
}
