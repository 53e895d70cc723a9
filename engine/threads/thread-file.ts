/** Where the built code of a thread lies. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** @param name of the file, beside the one that this code was built into */
export function builtThreadFile(name: string): string {
  // Put together here, so that the bundler leaves the address alone.
  const path = fileURLToPath(new URL(`./${name}`, import.meta.url));
  if (!existsSync(path)) {
    throw new Error(`internal: ${path} is not there; build the engine or name the thread's file`);
  }
  return path;
}
