/** Draws the program's icon from the page's: `node scripts/make-icons.mjs`; the result is committed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { root } from "./ready.mjs";

/** electron-builder makes every other size and format of this one. */
const side = 1024;

const svg = await readFile(join(root, "renderer", "icon.svg"));
await sharp(svg, { density: 72 * (side / 4) })
  .resize(side, side, { kernel: "nearest" })
  .png({ palette: true, compressionLevel: 9 })
  .toFile(join(root, "assets", "icons", "icon.png"));
