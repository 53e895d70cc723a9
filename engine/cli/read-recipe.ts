/** A recipe file to what is written in it. */
import { readFile } from "node:fs/promises";
import { EngineError } from "../protocol/errors.ts";

/** @throws EngineError "path.missing", "path.unreadable"; "option.invalid" when it is no JSON */
export async function readRecipe(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new EngineError("path.missing", `${file}: no such recipe`, { cause: error });
    }
    throw new EngineError("path.unreadable", `${file}: cannot be read: ${code ?? String(error)}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("option.invalid", `${file}: expected JSON: ${reason}`, {
      hint: 'A recipe is one JSON object, as {"kind": "pretrain", "preset": "laptop-pretrain"}.',
    });
  }
}
