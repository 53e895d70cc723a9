/** Text for pictures in the letters of all figures: how large it comes out, and how it is cut to its room. */
import { textContours, textWidth, type Contour } from "../figures/fonts.ts";

export interface TextLook {
  /** Of the letters, in pixels. */
  readonly size: number;
  readonly isBold?: boolean | undefined;
}

/** All texts of one look are equally high. */
export interface Lettering {
  /** Whole pixels. */
  readonly width: number;
  readonly height: number;
  /** In pixels from the upper left corner. */
  readonly contours: readonly Contour[];
}

/** Of a text's size: Inter from the top of an accent to the baseline, and below it. */
const above = 0.97;
const below = 0.25;

/** No name is so long that more of it helps. */
const mostLetters = 200;

/** @param text what is no letter is left out */
export function lettering(text: string, { size, isBold = false }: TextLook): Lettering {
  const plain = text.replaceAll(/[\p{Cc}\p{Cs}\p{Cn}]/gu, " ").slice(0, mostLetters);
  const style = { size, weight: isBold ? 600 : 400 } as const;
  const baseline = Math.round(above * size);
  return {
    width: Math.ceil(textWidth(plain, style)),
    height: baseline + Math.ceil(below * size),
    contours: textContours(plain, style).map((contour) =>
      contour.map((value, i) => (i % 2 === 0 ? value : value + baseline)),
    ),
  };
}

/** The text, or what of it fits: the end is what tells paths apart, so the beginning is left out. */
export function letteringWithin(text: string, look: TextLook, room: number): Lettering {
  let whole = lettering(text, look);
  let rest = text;
  while (whole.width > room && rest.length > 4) {
    const letters = Math.floor((rest.length * room) / whole.width);
    rest = rest.slice(-Math.max(3, Math.min(rest.length - 1, letters)));
    whole = lettering(`…${rest}`, look);
  }
  return whole;
}
