/**
 * Builds the desktop program's own two files to dist/electron. Both are CommonJS: a sandboxed
 * preload must be, and it must be one file, so the two share nothing at run time.
 */
import { defineConfig } from "vite";

export default defineConfig({
  ssr: { target: "node", noExternal: true, external: ["electron"] },
  publicDir: false,
  build: {
    ssr: true,
    target: "node22",
    outDir: "dist/electron",
    emptyOutDir: true,
    sourcemap: true,
    rolldownOptions: {
      external: ["electron"],
      input: { main: "electron/main.ts", preload: "electron/preload.ts" },
      output: { format: "cjs", entryFileNames: "[name].cjs", chunkFileNames: "[name]-[hash].cjs" },
    },
  },
});
