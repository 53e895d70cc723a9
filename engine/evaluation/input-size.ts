/** How large a picture goes into a backbone when it is measured: sides that are multiples of the patch. */
import type { Picture } from "../labels/labelled.ts";

export type InputSize =
  /** As many pixels as the picture has. */
  | { readonly kind: "native" }
  /** The shorter side in pixels; the longer follows. */
  | { readonly kind: "shortSide"; readonly side: number }
  /** Both sides alike, whatever the picture's shape. */
  | { readonly kind: "square"; readonly side: number };

/** @returns the nearest multiples of the patch, at least one patch */
export function inputFor(
  { width, height }: Pick<Picture, "width" | "height">,
  size: InputSize,
  patch: number,
): { width: number; height: number } {
  const rounded = (side: number) => patch * Math.max(1, Math.round(side / patch));
  switch (size.kind) {
    case "native":
      return { width: rounded(width), height: rounded(height) };
    case "square":
      return { width: rounded(size.side), height: rounded(size.side) };
    case "shortSide": {
      const scale = size.side / Math.min(width, height);
      return { width: rounded(width * scale), height: rounded(height * scale) };
    }
  }
}
