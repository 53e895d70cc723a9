/** The program's version, from its package.json: the one place that has it. */
import { readFile } from "node:fs/promises";
import { z } from "zod";

const manifest = z.object({ version: z.string() });

export async function programVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return manifest.parse(JSON.parse(text)).version;
}
