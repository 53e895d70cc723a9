/** Cases of correspondence, discovery and tracking: what was to be found, and what was found. */
import type { CorrespondenceDrawing } from "../evaluation/correspondence.ts";
import type { DiscoveryDrawing } from "../evaluation/discovery.ts";
import type { ProbeReport } from "../evaluation/probe-report.ts";
import type { TrackedVideo } from "../evaluation/tracking.ts";
import { ignored, type Box, type LabelledSet, type Point } from "../labels/labelled.ts";
import type { Canvas, Stroke } from "./canvas.ts";
import { classColour, type Colour } from "../protocol/class-colours.ts";
import { heatMap, photograph, sizeWithin, tinted, type Panel } from "./panel.ts";
import { panelBox, right, wrong, type Shown } from "./shown-case.ts";

/** More lines than this hide each other; every n-th is drawn then. */
const mostLines = 36;
const between = 48;
const white: Colour = [255, 255, 255];

export async function correspondenceCase(
  { items }: LabelledSet<"correspondence">,
  index: number,
  { matches }: CorrespondenceDrawing,
  { settings }: ProbeReport,
): Promise<Shown> {
  const { first, second, unit } = await items.load(index);
  const box = { width: 460, height: 400 };
  const [sizeA, sizeB] = [sizeWithin(first, box), sizeWithin(second, box)];
  const [a, b] = [await photograph(first, sizeA), await photograph(second, sizeB)];
  const threshold = thresholdOf(settings);
  const shown = everyNth(matches, mostLines);
  const left = sizeA.width + between;
  const at = (point: Point, picture: typeof first, size: typeof sizeA, shift = 0) => ({
    x: (point.x / picture.width) * size.width + shift,
    y: (point.y / picture.height) * size.height,
  });
  const marks = (canvas: Canvas) => {
    // Right ones below: the wrong ones are what one looks for.
    const isWrong = ({ error }: (typeof shown)[number]) => Number(error > threshold);
    for (const match of [...shown].sort((p, q) => isWrong(p) - isWrong(q))) {
      const colour = isWrong(match) ? wrong : right;
      const [from, to] = [at(match.from, first, sizeA), at(match.found, second, sizeB, left)];
      canvas.line(from, to, { colour, width: 1.6, opacity: 0.9 });
      if (isWrong(match)) {
        // Where it should have led.
        const truth = at(match.to, second, sizeB, left);
        canvas.line(to, truth, { colour: white, width: 1.2, dash: [3, 3] });
        canvas.ring(truth, 4, { colour: white, width: 1.8 });
      }
      for (const end of [from, to]) {
        canvas.disc(end, 4.2, white);
        canvas.disc(end, 3.2, colour);
      }
    }
  };
  const count = matches.filter(({ error }) => error <= threshold).length;
  const sample = shown.length < matches.length ? `; ${shown.length} of them drawn` : "";
  const pixels = `${(threshold * unit).toFixed(0)} px`;
  const title = `${count} of ${matches.length} points found within ${pixels}${sample}`;
  return {
    rows: [[beside(a, b, title, marks)]],
    legend: [
      { name: "right", colour: right, line: "solid" },
      { name: "wrong (a white ring is where it should have led)", colour: wrong, line: "solid" },
    ],
    words: `Two pictures with lines from points of the first to where they were found in the second: blue within ${pixels}, orange beyond, with a white dashed line to a ring at the truth. ${title}.`,
  };
}

/** The one of the result; of a mean over thresholds the middle one. */
function thresholdOf({ thresholds, result }: ProbeReport["settings"]): number {
  const all = Array.isArray(thresholds) ? thresholds.map(Number) : [];
  if (typeof result === "number") return result;
  return all.sort((p, q) => p - q)[Math.floor((all.length - 1) / 2)] ?? 0.1;
}

/** Two panels as one, so that lines may cross from one to the other. */
function beside(a: Panel, b: Panel, title: string, marks: Panel["marks"]): Panel {
  const width = a.width + between + b.width;
  const height = Math.max(a.height, b.height);
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (const [panel, left] of [
    [a, 0],
    [b, a.width + between],
  ] as const) {
    for (let y = 0; y < panel.height; y++) {
      const row = panel.pixels.subarray(3 * y * panel.width, 3 * (y + 1) * panel.width);
      pixels.set(row, 3 * (y * width + left));
    }
  }
  return { title, width, height, pixels, marks };
}

function everyNth<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}

const objectColour: Colour = [242, 163, 27];
const truthColour: Colour = [64, 190, 255];
const black: Colour = [0, 0, 0];

export async function discoveryCase(
  { items }: LabelledSet<"discovery">,
  index: number,
  { cut, boxes, overlap }: DiscoveryDrawing,
): Promise<Shown> {
  const { picture } = await items.load(index);
  const size = sizeWithin(picture, panelBox);
  const plain = await photograph(picture, size);
  const { rows, cols, mask, vector } = cut;
  const marks = (canvas: Canvas) => {
    const [kx, ky] = [size.width / picture.width, size.height / picture.height];
    const outline = ({ x, y, w, h }: Box, colour: Colour, dash?: Stroke["dash"]) => {
      const area = { x: x * kx + 2, y: y * ky + 2, width: w * kx - 4, height: h * ky - 4 };
      // With a dark rim colours read on anything.
      canvas.frame(area, { colour: black, width: 4.5, opacity: 0.7 });
      canvas.frame(area, { colour, width: 2.5, dash });
    };
    for (const box of boxes) outline(box, truthColour);
    outline(cut.box, objectColour, [8, 6]);
  };
  const colourOf = (value: number) => (value === 1 ? objectColour : undefined);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  const eigenvector = heatMap(
    { values: vector, rows, cols },
    [-largest, largest],
    "diverging",
    size,
    "Second eigenvector (red: the object's side)",
  );
  const object = tinted(plain, { values: mask, rows, cols }, colourOf, "The cut's object");
  return {
    rows: [[{ ...plain, title: "Boxes", marks }, object, eigenvector]],
    legend: [
      { name: boxes.length === 1 ? "true box" : "true boxes", colour: truthColour, line: "solid" },
      { name: "found box", colour: objectColour, line: "dashed" },
    ],
    words: `Photograph with ${boxes.length === 1 ? "its true box" : `its ${boxes.length} true boxes`} (blue) and the one that was found (orange, dashed); the patches that the cut takes for the object; the eigenvector that cuts. The found box meets the best of the true ones with an IoU of ${(100 * overlap).toFixed(0)} %.`,
  };
}

/** Frames of a video that are drawn, from the first, which is given, to the last measured one. */
const mostFrames = 5;

export async function trackingCase(
  { items }: LabelledSet<"tracking">,
  index: number,
  { masks, measured, objects }: TrackedVideo,
): Promise<Shown> {
  const video = await items.load(index);
  const all = [0, ...measured];
  const count = Math.min(mostFrames, all.length);
  const times = Array.from(
    { length: count },
    (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, count - 1))]!,
  );
  const order = new Map(objects.map(({ value }, k) => [value, k]));
  const colourOf = (value: number) => {
    const own = order.get(value);
    // The palette's first colour is that of a background.
    return value === 0 || value === ignored || own === undefined ? undefined : classColour(own + 1);
  };
  const qualityAt = (time: number) => {
    const at = measured.indexOf(time);
    const each = objects.map(({ j, f }) => (j[at]! + f[at]!) / 2);
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  };
  const [truth, found]: [Panel[], Panel[]] = [[], []];
  for (const time of times) {
    const frame = video.frames[time]!;
    const { width: cols, height: rows } = frame;
    const plain = await photograph(frame, sizeWithin(frame, { width: 250, height: 200 }));
    const over = (values: Uint8Array, title: string) =>
      tinted(plain, { values, rows, cols }, colourOf, title);
    truth.push(over(video.masks[time]!, `Frame ${time + 1}, truth`));
    const title = time === 0 ? "Given" : `Followed: J&F ${(100 * qualityAt(time)).toFixed(0)} %`;
    found.push(over(masks[time]!, title));
  }
  const frames = times.map((time) => time + 1).join(", ");
  return {
    rows: [truth, found],
    legend: objects.map(({ value }, k) => ({
      name: `object ${value}`,
      colour: classColour(k + 1),
    })),
    words: `Frames ${frames} of ${video.frames.length}: above the true masks, below those that were followed from the first frame's.`,
  };
}
