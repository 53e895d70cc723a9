/** A figure as a drawing: titles over pictures over keys, the caption below, everything in points. */
import { EngineError } from "../protocol/errors.ts";
import {
  mostFigurePixels,
  type Figure,
  type FigureKey,
  type FigureLook,
  type FigurePane,
  type Ground,
} from "../protocol/figure.ts";
import type { FigurePlot } from "../protocol/figure-plot.ts";
import { byLetters, byTitles, letterOf, wordsOf } from "./caption.ts";
import { pixelsOf, type Box, type Colour, type Drawing, type Part, type Words } from "./drawing.ts";
import { keyParts } from "./keys.ts";
import { gap, gridOf, margin, pageWidth, snapTo, type PaneGrid } from "./pane-grid.ts";
import { labelParts } from "./pane-labels.ts";
import { markParts, scaleParts, type Stage } from "./pane-marks.ts";
import { sharedKey, withKey } from "./pane-keys.ts";
import { plotParts } from "./plot-parts.ts";
import type { PaneSource } from "./pane-source.ts";
import { fitted, wrapped } from "./text-lines.ts";

interface Inks {
  readonly ground: Colour;
  readonly strong: Colour;
  readonly weak: Colour;
  readonly line: Colour;
}

const inks: Readonly<Record<FigureLook["ground"], Inks>> = {
  light: {
    ground: [255, 255, 255],
    strong: [21, 24, 27],
    weak: [76, 83, 91],
    line: [221, 225, 229],
  },
  dark: {
    ground: [16, 18, 20],
    strong: [233, 235, 237],
    weak: [163, 169, 176],
    line: [46, 51, 57],
  },
};

const styles = {
  title: { size: 9, weight: 600 },
  name: { size: 8, weight: 600 },
  note: { size: 7, weight: 400 },
  caption: { size: 7.5, weight: 400 },
} as const;

/** Points. */
const captionLine = 10;

export interface LaidOut {
  readonly drawing: Drawing;
  readonly words: Words;
}

/**
 * @param source photographs and maps as pixels
 * @throws EngineError "option.invalid" where the page would have too many pixels, or a pane none
 */
export function layoutFigure({ panes: given, look }: Figure, source: PaneSource): LaidOut {
  const panes = given.map((pane) => withKey(pane, look.ground));
  const page = new Page(look);
  const { parts: shown } = look;
  const has = (part: (typeof shown)[number]) => shown.includes(part);
  const grid = gridOf(panes, look);
  const { columns, left, room } = grid;
  const rowTitles = has("names") ? look.rowTitles : undefined;
  const columnTitles = has("names") ? look.columnTitles : undefined;
  const isTitled = columnTitles !== undefined || rowTitles !== undefined;
  const isLettered = !isTitled && panes.length > 1;
  const titles = panes.map(({ title }) => title);
  const naming =
    columnTitles && rowTitles
      ? byTitles(titles, columnTitles, rowTitles)
      : isTitled
        ? byTitles(titles, [], [])
        : byLetters;
  const words = wordsOf(panes, { title: look.title, caption: look.caption, naming });

  if (has("title") && look.title !== "") page.heading(look.title);
  page.refuseTooLarge(grid.heights.reduce((most, height) => Math.max(most, height), 0));
  const shared = has("keys") ? sharedKey(panes) : undefined;
  const isNoted = has("names") && !isTitled && (panes.length === 1 || hasOwnNotes(panes));
  if (columnTitles) page.columnTitles(columnTitles, grid);

  for (let first = 0; first < panes.length; first += columns) {
    const row = panes.slice(first, first + columns);
    const top = page.top;
    let bottom = top;
    row.forEach((pane, i) => {
      const x = grid.lefts[i]!;
      const width = grid.widths[i]!;
      page.top = top;
      if (has("names") && !isTitled) {
        const name = { letter: isLettered ? letterOf(first + i) : undefined, text: pane.title };
        page.paneTitle(name, isNoted ? pane.note : "", x, width);
      }
      const box = { x, y: page.snap(page.top), width, height: grid.heights[first + i]! };
      if (pane.plot) page.plot(pane.plot, box);
      else page.picture(pane, box, source);
      const stage = { box, view: pane.view };
      if (has("marks")) page.parts.push(...markParts(pane.marks, stage));
      if (has("names")) page.labels(pane, stage);
      if (has("scale") && pane.scale) page.parts.push(...scaleParts(pane.scale, stage));
      page.top = box.y + box.height;
      if (has("keys") && !shared && pane.key) page.key(pane.key, x, width);
      bottom = Math.max(bottom, page.top);
    });
    const title = rowTitles?.[first / columns];
    if (title !== undefined) page.rowTitle(title, top, grid.heights[first]!);
    page.top = bottom + (first + columns < panes.length ? gap : 0);
  }
  if (shared) page.key(shared, left, room);
  if (has("caption")) page.caption(words.caption);
  return { drawing: page.drawing(), words };
}

/** A drawing that grows downward. */
class Page {
  readonly parts: Part[] = [];
  readonly width: number;
  top = margin;
  private readonly inks: Inks;
  private readonly dpi: number;
  private readonly ground: Ground;

  readonly snap: (value: number) => number;

  constructor(look: FigureLook) {
    this.dpi = look.dpi;
    this.snap = snapTo(look.dpi);
    this.width = pageWidth(look);
    this.ground = look.ground;
    this.inks = inks[look.ground];
  }

  heading(text: string): void {
    for (const line of wrapped(text, styles.title, this.width - 2 * margin)) {
      this.write(line, margin, this.top + 9, styles.title, this.inks.strong);
      this.top += 12;
    }
    this.top += 2;
  }

  columnTitles(titles: readonly string[], { lefts, widths }: PaneGrid): void {
    lefts.forEach((x, i) => {
      const text = fitted(titles[i] ?? "", styles.name, widths[i]!);
      this.write(text, x + widths[i]! / 2, this.top + 8, styles.name, this.inks.strong, "middle");
    });
    this.top += 12;
  }

  rowTitle(title: string, top: number, height: number): void {
    const part = {
      kind: "text",
      text: fitted(title, styles.name, height),
      x: margin + 8,
      y: top + height / 2,
      style: styles.name,
      anchor: "middle",
      colour: this.inks.strong,
      isUpright: true,
    } as const;
    this.parts.push(part);
  }

  paneTitle(
    { letter, text }: { letter: string | undefined; text: string },
    note: string,
    x: number,
    room: number,
  ): void {
    const before = letter === undefined ? "" : `${letter}  `;
    const title = fitted(`${before}${text}`, styles.name, room);
    this.write(title, x, this.top + 8, styles.name, this.inks.strong);
    this.top += 11;
    if (note === "") return;
    const small = fitted(note, styles.note, room);
    this.write(small, x, this.top + 6.5, styles.note, this.inks.weak);
    this.top += 9.5;
  }

  plot(plot: FigurePlot, box: Box): void {
    const { weak: ink, line } = this.inks;
    this.parts.push(...plotParts(plot, box, { dpi: this.dpi, ground: this.ground, ink, line }));
  }

  /** @throws EngineError "option.invalid" where the pane has no pixel of its own */
  picture(pane: FigurePane, box: Box, source: PaneSource): void {
    const width = pixelsOf(box.width, this.dpi);
    const height = pixelsOf(box.height, this.dpi);
    if (width < 1 || height < 1) {
      throw new EngineError(
        "option.invalid",
        `figure: the pane "${pane.title}" would have ${width} x ${height} pixels`,
        { hint: "Make the figure wider, or give it fewer columns or a higher resolution." },
      );
    }
    const size = { width, height };
    const put = (pixels: ReturnType<PaneSource["map"]>, opacity: number, isPhotograph: boolean) => {
      if (!pixels || opacity === 0) return;
      const points = (count: number) => (count * 72) / this.dpi;
      this.parts.push({
        kind: "picture",
        box: {
          x: box.x + points(pixels.left),
          y: box.y + points(pixels.top),
          width: points(pixels.width),
          height: points(pixels.height),
        },
        width: pixels.width,
        height: pixels.height,
        pixels: pixels.pixels,
        channels: pixels.channels,
        opacity,
        isPhotograph,
        isSmooth: !isPhotograph && pane.map?.isSmooth === true,
      });
    };
    put(source.photograph(pane, size), 1, true);
    if (pane.map) put(source.map(pane, size), pane.map.opacity, false);
  }

  labels({ labels }: FigurePane, stage: Stage): void {
    const inks = { colour: this.inks.weak, paper: this.inks.ground };
    this.parts.push(...labelParts(labels, stage, styles.note, inks));
  }

  key(key: FigureKey, x: number, room: number): void {
    const page = { dpi: this.dpi, ink: this.inks.weak, snap: this.snap };
    const { parts, height } = keyParts(key, { x, y: this.top + 2 }, room, page);
    this.parts.push(...parts);
    this.top += 2 + height;
  }

  caption(text: string): void {
    if (text === "") return;
    this.top += 3;
    for (const line of wrapped(text, styles.caption, this.width - 2 * margin)) {
      this.write(line, margin, this.top + 8, styles.caption, this.inks.weak);
      this.top += captionLine;
    }
  }

  /** @throws EngineError "option.invalid" @param height of the least that will be on the page, points */
  refuseTooLarge(height: number): void {
    const [across, down] = [pixelsOf(this.width, this.dpi), pixelsOf(height, this.dpi)];
    if (across * down <= mostFigurePixels) return;
    throw new EngineError(
      "option.invalid",
      `figure: expected at most ${mostFigurePixels.toLocaleString("en-US")} pixels, ` +
        `received ${across} x ${down} at ${this.dpi} dots an inch`,
      { hint: "Choose a lower resolution or a narrower figure." },
    );
  }

  drawing(): Drawing {
    const height = this.snap(Math.ceil(this.top + margin));
    this.refuseTooLarge(height);
    return {
      width: this.width,
      height,
      dpi: this.dpi,
      ground: this.inks.ground,
      parts: this.parts,
    };
  }

  private write(
    text: string,
    x: number,
    y: number,
    style: (typeof styles)[keyof typeof styles],
    colour: Colour,
    anchor: "start" | "middle" = "start",
  ): void {
    if (text !== "") this.parts.push({ kind: "text", text, x, y, style, anchor, colour });
  }
}

const hasOwnNotes = (panes: readonly FigurePane[]) =>
  panes.some(({ note }) => note !== panes[0]!.note);
