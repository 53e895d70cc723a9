/** Builds the page in renderer/ to dist/renderer, with relative addresses so that any server path works. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { webAssemblyText } from "./vite.wat.ts";

export default defineConfig({
  root: "renderer",
  base: "./",
  plugins: [react(), webAssemblyText()],
  build: {
    outDir: "../dist/renderer",
    emptyOutDir: true,
    target: "es2023",
    // What is bundled carries its licences along.
    license: { fileName: "LICENSES.md" },
  },
  worker: { format: "es", plugins: () => [webAssemblyText()] },
});
