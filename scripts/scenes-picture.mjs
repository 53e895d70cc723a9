/**
 * The picture of docs/scenes.md: twenty scenes side by side.
 *
 *   gramscope scenes --task segmentation --train 1 --test 20 --out scenes
 *   node scripts/scenes-picture.mjs scenes docs/images/scenes.webp
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

const [folder, out] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
  console.error("Usage: node scripts/scenes-picture.mjs SCENES OUT.webp");
  process.exit(2);
}
const [columns, side, gap] = [5, 224, 4];
const pictures = join(folder, "JPEGImages");
const names = readdirSync(pictures).sort().slice(-20);
const rows = Math.ceil(names.length / columns);
const reach = (/** @type {number} */ count) => count * (side + gap) - gap;
await sharp({
  create: { width: reach(columns), height: reach(rows), channels: 4, background: "#0000" },
})
  .composite(
    await Promise.all(
      names.map(async (name, i) => ({
        input: await sharp(join(pictures, name)).resize(side).toBuffer(),
        left: (i % columns) * (side + gap),
        top: Math.floor(i / columns) * (side + gap),
      })),
    ),
  )
  .webp({ quality: 85 })
  .toFile(out);
