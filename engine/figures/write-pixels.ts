/** A drawing as a PNG file, or several as an animated WebP: recipe and resolution inside. */
import sharp from "sharp";
import { recipeKeyword, withText } from "../probes/png.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { Drawing, Words } from "./drawing.ts";
import { paint } from "./paint.ts";

/** The recipe as iTXt, the resolution as pHYs. */
export async function writePng(drawing: Drawing, words: Words): Promise<Uint8Array> {
  const { width, height, pixels } = paint(drawing);
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ density: drawing.dpi })
    .png({ compressionLevel: 6 })
    .toBuffer();
  return withText(png, [
    ["Software", "Gramscope"],
    ["Title", words.title],
    ...(words.caption === "" ? [] : [["Description", words.caption] as const]),
    [recipeKeyword, words.recipe],
  ]);
}

/** What is written into the EXIF of a WebP, where readers look for a description. */
const exifOf = ({ title, caption, recipe }: Words) => ({
  IFD0: {
    Software: "Gramscope",
    ImageDescription: JSON.stringify({ title, caption, recipe: JSON.parse(recipe) as unknown }),
  },
});

export interface WebpOptions {
  readonly frameMs: number;
  readonly words: Words;
  readonly isLossless: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each frame is packed before the next is drawn, so that one of them is in memory as pixels, not all;
 * only where they are joined do they come together, in libvips and off this thread.
 *
 * @param frames drawings of one size, one after the other
 * @throws EngineError "cancelled"
 */
export async function writeWebp(
  frames: Iterable<Drawing>,
  { frameMs, words, isLossless, signal }: WebpOptions,
  onFrame: (count: number) => void,
): Promise<Uint8Array> {
  const packed: Buffer[] = [];
  for (const drawing of frames) {
    throwIfAborted(signal, "The clip");
    const { width, height, pixels } = paint(drawing);
    const raw = { width, height, channels: 3 } as const;
    packed.push(await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer());
    onFrame(packed.length);
  }
  throwIfAborted(signal, "The clip");
  const options = {
    loop: 0,
    delay: packed.map(() => frameMs),
    quality: 90,
    effort: isLossless ? 0 : 2,
  };
  const joined =
    packed.length === 1 ? sharp(packed[0]) : sharp(packed, { join: { animated: true } });
  return joined
    .withExif(exifOf(words))
    .webp({ ...options, lossless: isLossless })
    .toBuffer();
}
