/** The image thread as the build makes it, for tests: worker threads of Node 20 read no TypeScript. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ThreadBundle {
  /** For ImagePoolOptions.threadFile. */
  readonly threadFile: string;
  remove(): Promise<void>;
}

/** Build engine/image/image-thread.ts into a folder of its own under node_modules/.cache. */
export async function bundleImageThread(): Promise<ThreadBundle> {
  // Inside the repository, so that sharp and piscina are found from there.
  const cache = join(root, "node_modules/.cache/gramscope-test");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "image-thread-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    ssr: { target: "node", noExternal: true, external: ["sharp", "piscina"] },
    build: {
      ssr: join(root, "engine/image/image-thread.ts"),
      target: "node20",
      outDir: folder,
      rolldownOptions: { output: { format: "es", entryFileNames: "image-thread.mjs" } },
    },
  });
  return {
    threadFile: join(folder, "image-thread.mjs"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
