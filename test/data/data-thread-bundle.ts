/** The data thread as the build makes it, for tests: worker threads of Node 20 read no TypeScript. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface DataThreadBundle {
  /** For FolderSourceOptions.threadFile. */
  readonly threadFile: string;
  remove(): Promise<void>;
}

/** Build engine/data/data-thread.ts into a folder of its own under node_modules/.cache. */
export async function bundleDataThread(): Promise<DataThreadBundle> {
  // Inside the repository, so that sharp and piscina are found from there.
  const cache = join(root, "node_modules/.cache/gramscope-test");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "data-thread-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    ssr: { target: "node", noExternal: true, external: ["sharp", "piscina"] },
    build: {
      ssr: join(root, "engine/data/data-thread.ts"),
      target: "node20",
      outDir: folder,
      rolldownOptions: { output: { format: "es", entryFileNames: "data-thread.mjs" } },
    },
  });
  return {
    threadFile: join(folder, "data-thread.mjs"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
