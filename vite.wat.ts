/** A Vite plugin: an imported `.wat` file is assembled, and the module exports its `bytes`. */
import { readFile } from "node:fs/promises";
import type { Plugin } from "vite";
import wabt from "wabt";

export function webAssemblyText(): Plugin {
  return {
    name: "webassembly-text",
    async load(id) {
      if (!id.endsWith(".wat")) return null;
      const { parseWat } = await wabt();
      const module = parseWat(id, await readFile(id, "utf8"), { simd: true });
      const { buffer } = module.toBinary({});
      module.destroy();
      return `export const bytes = Uint8Array.of(${buffer.join(",")});`;
    },
  };
}
