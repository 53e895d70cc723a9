/** Lists and JSON files that come with labelled images, read with a limit and checked by a schema. */
import { open } from "node:fs/promises";
import type { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { pathError } from "./label-folder.ts";

/** Far above any list of names or pairs; COCO's annotations are read in pieces instead. */
export const maxTextBytes = 64 * 1024 * 1024;

/**
 * @returns the file as UTF-8, without a byte order mark
 * @throws EngineError "path.missing", "path.unreadable", or "config.invalid" over the limit
 */
export async function readText(file: string, limit = maxTextBytes): Promise<string> {
  const handle = await open(file).catch((error: unknown) => {
    throw pathError(file, error);
  });
  try {
    const { size } = await handle.stat();
    if (size > limit) {
      throw new EngineError(
        "config.invalid",
        `${file}: expected at most ${Math.floor(limit / 2 ** 20)} MiB, the file has ${Math.ceil(size / 2 ** 20)} MiB`,
        { hint: "Split the set into several folders." },
      );
    }
    return (await handle.readFile("utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    throw error instanceof EngineError ? error : pathError(file, error);
  } finally {
    await handle.close();
  }
}

/** One entry a line; empty lines are passed over. */
export async function readLines(file: string): Promise<string[]> {
  const lines = (await readText(file)).split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** @throws EngineError "config.invalid" that names the file and the field */
export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await readText(file);
  return checkJson(parseJson(text, file), schema, file);
}

/** @param where the file, and the place in it if it is one of many */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError(
      "config.invalid",
      `${where}: expected JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** @throws EngineError "config.invalid" that names the place and the field */
export function checkJson<Schema extends z.ZodType>(
  json: unknown,
  schema: Schema,
  where: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue!.path.map((part) =>
    typeof part === "number" ? `[${part}]` : `.${String(part)}`,
  );
  const field = path.join("").replace(/^\./, "");
  throw new EngineError(
    "config.invalid",
    `${where}: ${field === "" ? "" : `${field}: `}${issue!.message}`,
  );
}
