/**
 * Text for pictures, drawn with the system's fonts: sharp brings the machinery (Pango, fontconfig)
 * but no font, and without one every letter is the same empty box. Bare servers have none; there
 * pictures stay without words, and captions have them.
 */
import sharp from "sharp";

/** What desktops have, and what servers have. */
const families = "Inter,Segoe UI,Helvetica Neue,Arial,DejaVu Sans,sans";

export interface TextLook {
  /** Height of the letters' line in pixels. */
  readonly size: number;
  readonly isBold?: boolean | undefined;
}

/** How much of each pixel a text covers; all texts of one look are equally high. */
export interface Lettering {
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width] */
  readonly alpha: Uint8Array;
}

let answer: Promise<boolean> | undefined;

/** Whether letters come out as letters here: two that differ must not look alike. */
export function canWrite(): Promise<boolean> {
  answer ??= (async () => {
    const [narrow, wide] = [await lettering("i", { size: 24 }), await lettering("W", { size: 24 })];
    return narrow.width !== wide.width || Buffer.compare(narrow.alpha, wide.alpha) !== 0;
  })();
  return answer;
}

/** Unseen letters behind a text give all texts one height: from an accent down to a descender. */
const strut = '<span fgalpha="1">Åg</span>';

/** No name is so long that more of it helps. */
const mostLetters = 200;

/** @param text without line breaks; what is no letter is left out */
export async function lettering(
  text: string,
  { size, isBold = false }: TextLook,
): Promise<Lettering> {
  const plain = text.replaceAll(/[\p{Cc}\p{Cs}\p{Cn}]/gu, " ").slice(0, mostLetters);
  const { data, info } = await sharp({
    text: {
      text: `${escaped(plain)}${strut}`,
      font: `${families}${isBold ? " Bold" : ""} ${size}`,
      dpi: 72,
      rgba: true,
    },
  })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const alphaAt = (x: number, y: number) => data[4 * (y * info.width + x) + 3]!;
  // The strut's alpha is 1 of 65,535, which is 0 of 255.
  let width = 0;
  for (let y = 0; y < info.height; y++) {
    for (let x = width; x < info.width; x++) if (alphaAt(x, y) > 0) width = x + 1;
  }
  const alpha = new Uint8Array(width * info.height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = alphaAt(i % width, Math.floor(i / width));
  return { width, height: info.height, alpha };
}

/** The text, or what of it fits: the end is what tells paths apart, so the beginning is left out. */
export async function letteringWithin(
  text: string,
  look: TextLook,
  room: number,
): Promise<Lettering> {
  let whole = await lettering(text, look);
  let rest = text;
  while (whole.width > room && rest.length > 4) {
    const letters = Math.floor((rest.length * room) / whole.width);
    rest = rest.slice(-Math.max(3, Math.min(rest.length - 1, letters)));
    whole = await lettering(`…${rest}`, look);
  }
  return whole;
}

/** Pango's markup is XML's. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
