/** A figure that is laid out: a flat list of what lies where, in points (1/72 inch), from the top left. */

/** sRGB 0..255. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Paint {
  readonly colour: Colour;
  /** 0..1 */
  readonly opacity: number;
}

export interface TextStyle {
  /** Points. */
  readonly size: number;
  readonly weight: 400 | 600;
}

export type Anchor = "start" | "middle" | "end";

export interface PicturePart {
  readonly kind: "picture";
  readonly box: Box;
  /** Pixels across and down; at the drawing's resolution one of them is one pixel of the page. */
  readonly width: number;
  readonly height: number;
  /** uint8 [height, width, channels], sRGB, alpha not premultiplied. */
  readonly pixels: Uint8Array;
  readonly channels: 3 | 4;
  readonly opacity: number;
  /** A photograph may be stored with a loss that nobody sees; colours that mean something may not. */
  readonly isPhotograph: boolean;
  /** A viewer that enlarges it may mix neighbours: its pixels are no cells. */
  readonly isSmooth?: boolean;
}

export interface TextPart {
  readonly kind: "text";
  readonly text: string;
  /** On the baseline. */
  readonly x: number;
  readonly y: number;
  readonly style: TextStyle;
  readonly anchor: Anchor;
  readonly colour: Colour;
  /** Read from the bottom up. */
  readonly isUpright?: boolean;
}

export interface RectanglePart {
  readonly kind: "rectangle";
  readonly box: Box;
  readonly fill?: Paint | undefined;
  readonly stroke?: (Paint & { readonly width: number }) | undefined;
}

export interface LinePart {
  readonly kind: "line";
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly stroke: Paint & { readonly width: number };
}

/** The outline of an ellipse. */
export interface RingPart {
  readonly kind: "ring";
  readonly box: Box;
  readonly stroke: Paint & { readonly width: number };
}

/** A line through points, or the area inside them. */
export interface PathPart {
  readonly kind: "path";
  /** x, y, x, y ... */
  readonly points: readonly number[];
  readonly fill?: Paint | undefined;
  /** With round joins and ends; `dash` in points, line and gap in turn. */
  readonly stroke?:
    (Paint & { readonly width: number; readonly dash?: readonly number[] }) | undefined;
}

export type Part = PicturePart | TextPart | RectanglePart | LinePart | RingPart | PathPart;

export interface Drawing {
  /** Points, a whole number of pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels an inch that pictures were made for. */
  readonly dpi: number;
  readonly ground: Colour;
  /** In the order they are drawn. */
  readonly parts: readonly Part[];
}

/** What a file says of itself beside what is seen. */
export interface Words {
  readonly title: string;
  /** In sentences; empty where there is none. */
  readonly caption: string;
  /** JSON: every pane with its title and its recipe. */
  readonly recipe: string;
}

export const pixelsOf = (points: number, dpi: number): number => Math.round((points * dpi) / 72);
