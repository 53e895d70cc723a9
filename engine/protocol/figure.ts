/** A figure as it is asked for: panes as they are shown, how they are laid out, and into which kind of file. */
import { z } from "zod";
import { figurePlot } from "./figure-plot.ts";
import { wireTensor } from "./tensor.ts";
import { imageId } from "./view.ts";

export const figureFormats = ["png", "svg", "pdf"] as const;
export type FigureFormat = (typeof figureFormats)[number];

export const grounds = ["light", "dark"] as const;
export type Ground = (typeof grounds)[number];

/** The least and the most that can be asked for: millimetres across, dots an inch. */
export const figureRange = { widthMm: [20, 1200], dpi: [36, 1200], columns: [1, 24] } as const;
/** Pixels of one figure, and of all frames of a clip together. */
export const mostFigurePixels = 100_000_000;
export const mostClipPixels = 1_000_000_000;
export const mostPanes = 144;
export const mostFrames = 2000;

const place = z.number().min(-1e6).max(1e6);
const length = z.number().positive().max(1e6);
/** In pixels of the photograph; of a map without one, in its cells. */
const box = z.object({ x: place, y: place, width: length, height: length });
export type FigureBox = z.infer<typeof box>;

const words = z.string().max(512);
const byte = z.int().min(0).max(255);
const colour = z.tuple([byte, byte, byte]);

export const figureMark = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("cross"), x: place, y: place, isHeld: z.boolean().default(false) }),
  z.object({ kind: z.literal("box"), box, text: z.string().max(16).optional() }),
  /** Around an outlier. */
  z.object({ kind: z.literal("ring"), box }),
  z.object({ kind: z.literal("row"), y: place }),
  z.object({ kind: z.literal("column"), x: place }),
]);
export type FigureMark = z.infer<typeof figureMark>;

/** What the colours mean. */
export const figureKey = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("bar"),
    /** uint8 [n, 3], low to high. */
    colours: wireTensor.refine(
      ({ dtype, shape }) =>
        dtype === "uint8" && shape.length === 2 && shape[1] === 3 && shape[0]! <= 1024,
      { message: "expected uint8 [n, 3] of at most 1024 colours" },
    ),
    ends: z.tuple([z.string().max(32), z.string().max(32)]),
    unit: z.string().max(64),
  }),
  z.object({
    kind: z.literal("swatches"),
    entries: z.array(z.object({ colour, text: z.string().max(64) })).max(64),
    /** After the last of them. */
    note: z.string().max(128).optional(),
  }),
]);
export type FigureKey = z.infer<typeof figureKey>;

export const recipeLine = z.object({
  label: z.string().max(128),
  text: z.string().max(32_768),
  /** Too long for a caption, or nobody's business there: it stands in the file alone. */
  isUnsaid: z.boolean().optional(),
});
export type RecipeLine = z.infer<typeof recipeLine>;

export const figurePane = z.object({
  /** What it is of. */
  title: words,
  /** How it was looked at, in few words. */
  note: words.default(""),
  photograph: imageId.optional(),
  /** The part that is seen. */
  view: box,
  map: z
    .object({
      /** uint8 [rows, cols, 4], sRGB, alpha not premultiplied. */
      cells: wireTensor.refine(
        ({ dtype, shape }) =>
          dtype === "uint8" &&
          shape.length === 3 &&
          shape[2] === 4 &&
          shape[0]! > 0 &&
          shape[1]! > 0 &&
          shape[0]! <= 4096 &&
          shape[1]! <= 4096,
        { message: "expected uint8 [rows, cols, 4] of at most 4096 rows and columns" },
      ),
      box,
      opacity: z.number().min(0).max(1),
      /** Between cells, colours go over into each other; else each cell has an edge. */
      isSmooth: z.boolean().default(false),
    })
    .optional(),
  /** In place of photograph and map; of the view only the shape counts. */
  plot: figurePlot.optional(),
  marks: z.array(figureMark).max(4096).default([]),
  key: figureKey.optional(),
  /** Words in the picture in the page's ink, over or under their place; none hides another. */
  labels: z
    .array(z.object({ text: z.string().max(128), x: place, y: place, isOver: z.boolean() }))
    .max(8)
    .default([]),
  /** A length to measure by, in pixels of the photograph. */
  scale: z.object({ length, text: z.string().max(64) }).optional(),
  recipe: z.array(recipeLine).max(64),
});
export type FigurePane = z.infer<typeof figurePane>;
export type FigurePaneInput = z.input<typeof figurePane>;

const within = ([least, most]: readonly [number, number]) => z.number().min(least).max(most);

export const figureParts = ["title", "names", "marks", "keys", "scale", "caption"] as const;
export type FigurePart = (typeof figureParts)[number];

/** Everything of a figure but its panes. */
export const figureLook = z.object({
  widthMm: within(figureRange.widthMm),
  dpi: within(figureRange.dpi),
  ground: z.enum(grounds).default("light"),
  title: words.default(""),
  /** Empty: the settings in words. */
  caption: z.string().max(8192).default(""),
  /** What is in it beside the pictures. */
  parts: z.array(z.enum(figureParts)).max(figureParts.length).readonly().default(figureParts),
  columns: z.int().min(figureRange.columns[0]).max(figureRange.columns[1]).optional(),
  /** Over the columns and beside the rows, in place of the panes' own titles. */
  columnTitles: z.array(words).max(figureRange.columns[1]).optional(),
  rowTitles: z.array(words).max(mostPanes).optional(),
});
export type FigureLook = z.infer<typeof figureLook>;
export type FigureLookInput = z.input<typeof figureLook>;

const panes = z.array(figurePane).min(1).max(mostPanes);

export const figure = z.object({ panes, look: figureLook });
export type Figure = z.infer<typeof figure>;

/** The same layout over and over, with other panes. */
export const clip = z.object({
  frames: z
    .array(z.object({ panes, title: words }))
    .min(1)
    .max(mostFrames),
  look: figureLook,
  /** How long each is seen. */
  frameMs: z.int().min(20).max(10_000),
  /** A WebP as it is shown, or pixel for pixel for those who pack it again; MP4 where there is ffmpeg. */
  packing: z.enum(["webp", "lossless", "mp4"]).default("webp"),
});
export type Clip = z.infer<typeof clip>;

const drawn = z.object({
  /** uint8 [n]: the file. */
  file: wireTensor,
  /** In pixels at the resolution that was asked for. */
  width: z.int().positive(),
  height: z.int().positive(),
});

/** Requests about figures, a part of those in messages.ts. */
export const figureRequests = {
  /** How large the pictures of a figure will be, for who draws them at that size. */
  "figure.sizes": {
    payload: z.object({ views: z.array(box).min(1).max(mostPanes), look: figureLook }),
    reply: z.object({
      /** In pixels at the figure's resolution, one for each view. */
      sizes: z.array(z.object({ width: z.int().nonnegative(), height: z.int().nonnegative() })),
    }),
  },
  "figure.draw": { payload: figure.extend({ format: z.enum(figureFormats) }), reply: drawn },
  /** An animated WebP. */
  "figure.clip": { payload: clip, reply: drawn },
} as const;
