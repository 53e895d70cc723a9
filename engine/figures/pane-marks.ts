/** What is marked on a pane, in white with a dark rim that reads on anything, cut at the picture's edge. */
import type { FigureBox, FigureMark } from "../protocol/figure.ts";
import type { Box, Colour, Part } from "./drawing.ts";
import { textWidth } from "./fonts.ts";

const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];
const rim = { colour: black, opacity: 0.8 } as const;
const ink = { colour: white, opacity: 1 } as const;

/** Points. */
const arm = 5;
const stroke = 1;
const rimWidth = 0.7;
const labelStyle = { size: 6, weight: 600 } as const;

export interface Stage {
  /** Where the picture lies on the page. */
  readonly box: Box;
  /** What of the photograph is seen in it. */
  readonly view: FigureBox;
}

export function markParts(marks: readonly FigureMark[], stage: Stage): Part[] {
  return marks.flatMap((mark) => partsOf(mark, stage));
}

function partsOf(mark: FigureMark, stage: Stage): Part[] {
  const { box } = stage;
  switch (mark.kind) {
    case "cross":
      return cross(mark, stage);
    case "box":
      return boxed(mark.box, mark.text, stage);
    case "ring": {
      const around = onPage(mark.box, stage);
      // An ellipse that is cut would not be one.
      if (!isInside(middleOf(around), box)) return [];
      return [
        { kind: "ring", box: around, stroke: { ...rim, width: stroke + 2 * rimWidth } },
        { kind: "ring", box: around, stroke: { ...ink, width: stroke } },
      ];
    }
    case "row":
    case "column": {
      const at = mark.kind === "row" ? { x: 0, y: mark.y } : { x: mark.x, y: 0 };
      const { x, y } = pointOnPage(at, stage);
      const isRow = mark.kind === "row";
      if (!isInside(isRow ? [box.x, y] : [x, box.y], box)) return [];
      const from = isRow ? ([box.x, y] as const) : ([x, box.y] as const);
      const to = isRow ? ([box.x + box.width, y] as const) : ([x, box.y + box.height] as const);
      return [
        { kind: "line", from, to, stroke: { ...rim, width: 1.2 } },
        { kind: "line", from, to, stroke: { ...ink, width: 0.6 } },
      ];
    }
  }
}

/** A plus with a rim around all of it, so the rim of one bar does not cut the other in two. */
function cross(mark: { x: number; y: number; isHeld: boolean }, stage: Stage): Part[] {
  const { x, y } = pointOnPage(mark, stage);
  if (!isInside([x, y], stage.box)) return [];
  const bars = (reach: number, width: number, paint: typeof rim | typeof ink): Part[] => [
    fill({ x: x - reach, y: y - width / 2, width: 2 * reach, height: width }, paint),
    fill({ x: x - width / 2, y: y - reach, width, height: reach - width / 2 }, paint),
    fill({ x: x - width / 2, y: y + width / 2, width, height: reach - width / 2 }, paint),
  ];
  const around = { x: x - arm - 2, y: y - arm - 2, width: 2 * arm + 4, height: 2 * arm + 4 };
  const held: Part[] = mark.isHeld
    ? [
        { kind: "ring", box: around, stroke: { ...rim, width: stroke + 2 * rimWidth } },
        { kind: "ring", box: around, stroke: { ...ink, width: stroke } },
      ]
    : [];
  return [...bars(arm + rimWidth, stroke + 2 * rimWidth, rim), ...bars(arm, stroke, ink), ...held];
}

function boxed(of: FigureBox, text: string | undefined, stage: Stage): Part[] {
  const box = cut(onPage(of, stage), stage.box);
  if (!box) return [];
  const parts: Part[] = [
    { kind: "rectangle", box, stroke: { ...rim, width: stroke + 2 * rimWidth } },
    { kind: "rectangle", box, stroke: { ...ink, width: stroke } },
  ];
  if (text === undefined || text === "") return parts;
  const width = textWidth(text, labelStyle) + 2;
  const height = labelStyle.size + 1;
  const { x, y, width: most } = stage.box;
  const left = Math.min(box.x - 1, x + most - width);
  // Above its box, or inside it where there is no room.
  const above = box.y - height - 1.2;
  const top = above < y ? box.y + 0.5 : above;
  return [
    ...parts,
    fill({ x: left, y: top, width, height }, rim),
    {
      kind: "text",
      text,
      x: left + 1,
      y: top + height - 1.4,
      style: labelStyle,
      anchor: "start",
      colour: white,
    },
  ];
}

/** A length to measure by, in the lower left corner. */
export function scaleParts(scale: { length: number; text: string }, stage: Stage): Part[] {
  const { box, view } = stage;
  const length = (scale.length / view.width) * box.width;
  const [inset, thick] = [5, 2];
  if (length > box.width - 2 * inset) return [];
  const x = box.x + inset;
  const y = box.y + box.height - inset - thick;
  const words = textWidth(scale.text, labelStyle);
  return [
    fill(
      {
        x: x - rimWidth,
        y: y - rimWidth,
        width: length + 2 * rimWidth,
        height: thick + 2 * rimWidth,
      },
      rim,
    ),
    fill({ x, y, width: length, height: thick }, ink),
    fill({ x: x - rimWidth, y: y - 9.2, width: words + 2, height: 8 }, rim),
    {
      kind: "text",
      text: scale.text,
      x: x + 0.3,
      y: y - 3.2,
      style: labelStyle,
      anchor: "start",
      colour: white,
    },
  ];
}

const fill = (box: Box, paint: typeof rim | typeof ink): Part => ({
  kind: "rectangle",
  box,
  fill: paint,
});

export function pointOnPage(point: { x: number; y: number }, { box, view }: Stage) {
  return {
    x: box.x + ((point.x - view.x) / view.width) * box.width,
    y: box.y + ((point.y - view.y) / view.height) * box.height,
  };
}

function onPage({ x, y, width, height }: FigureBox, stage: Stage): Box {
  const { box, view } = stage;
  return {
    ...pointOnPage({ x, y }, stage),
    width: (width / view.width) * box.width,
    height: (height / view.height) * box.height,
  };
}

const middleOf = ({ x, y, width, height }: Box) => [x + width / 2, y + height / 2] as const;

const isInside = ([px, py]: readonly [number, number], { x, y, width, height }: Box) =>
  px >= x && py >= y && px <= x + width && py <= y + height;

/** What both cover; undefined where that is nothing. */
function cut(a: Box, b: Box): Box | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}
