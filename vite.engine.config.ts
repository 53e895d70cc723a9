/**
 * Builds the engine for Node to dist/engine: the program and one file per worker thread, flat, so
 * that `new URL("./compute-thread.js", import.meta.url)` holds wherever the caller's code ends up.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { webAssemblyText } from "./vite.wat.ts";

/**
 * One copy of tfjs-core for everybody. The `main` files of these packages are bundles that bring an
 * engine of their own, without a single gradient; their plain files share one with deep imports
 * (`@tensorflow/tfjs-core/dist/...`).
 */
export const oneTfjs = {
  find: /^(@tensorflow\/tfjs-(?:core|backend-cpu))$/,
  replacement: fileURLToPath(new URL("node_modules/$1/dist/index.js", import.meta.url)),
};

/** Native parts, what starts threads from its own files, and tfjs-node-gpu, which a user may add. */
const external = ["onnxruntime-node", "sharp", "piscina", "@tensorflow/tfjs-node-gpu"];

export default defineConfig({
  // Of the page without a window.
  plugins: [webAssemblyText()],
  resolve: { alias: [oneTfjs] },
  ssr: { target: "node", noExternal: true, external },
  // Photographs and models lie in assets/ and are read from there, never copied into the build.
  publicDir: false,
  build: {
    ssr: true,
    target: "node20",
    outDir: "dist/engine",
    emptyOutDir: true,
    sourcemap: true,
    // What is bundled carries its licences along.
    license: { fileName: "LICENSES.md" },
    rolldownOptions: {
      // Again, because the list above does not hold for a package that is not installed.
      external,
      input: {
        main: "engine/cli/main.ts",
        "compute-thread": "engine/host/compute-thread.ts",
        "train-thread": "engine/host/train-thread.ts",
        "measure-thread": "engine/host/measure-thread.ts",
        "image-thread": "engine/image/image-thread.ts",
        "data-thread": "engine/data/data-thread.ts",
        "scene-thread": "engine/scene-files/scene-thread.ts",
        "figure-thread": "engine/figures/figure-thread.ts",
        // The page without a window, for sessions on the command line.
        "session-page": "renderer/headless/session-page.ts",
      },
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
