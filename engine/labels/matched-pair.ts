/** A pair of pictures with points that belong together, read and checked. */
import { EngineError } from "../protocol/errors.ts";
import type { LabelFolder } from "./label-folder.ts";
import type { MatchedPair, Picture, Point } from "./labelled.ts";
import { readRawPng } from "../image/raw-png.ts";
import { checkSameSize, readPicture } from "./read-picture.ts";

export interface PairEntry {
  /** The place that the pair stands in, for messages: a file, or a file and "[3]". */
  readonly source: string;
  /** Paths relative to the folder. */
  readonly first: string;
  readonly second: string;
  readonly points: MatchedPair["points"];
  /** In pixels of the second picture; its longer side if absent. */
  readonly unit?: number | undefined;
  /** A mask of the first picture's object: a PNG in which 0 lies outside. */
  readonly object?: string | undefined;
}

/** @throws EngineError "config.contradicts" for a point outside its picture, or as readPicture does */
export async function loadPair(folder: LabelFolder, entry: PairEntry): Promise<MatchedPair> {
  const first = await readPicture(folder.at(entry.first));
  const second = await readPicture(folder.at(entry.second));
  entry.points.forEach(({ from, to }, index) => {
    checkInside(from, first, `${entry.source}: point ${index + 1}`);
    checkInside(to, second, `${entry.source}: point ${index + 1}`);
  });
  const unit = entry.unit ?? Math.max(second.width, second.height);
  if (entry.object === undefined) return { first, second, points: entry.points, unit };
  const file = folder.at(entry.object);
  const png = await readRawPng(file);
  checkSameSize(first, png, file);
  const object = Uint8Array.from(png.values, (value) => (value === 0 ? 0 : 1));
  if (object.includes(1)) return { first, second, points: entry.points, unit, object };
  throw new EngineError("data.empty", `${file}: expected an object, every pixel is 0`);
}

/** The edges belong to the picture: data sets put points on them. */
function checkInside({ x, y }: Point, { name, width, height }: Picture, where: string): void {
  if (x >= 0 && x <= width && y >= 0 && y <= height) return;
  throw new EngineError(
    "config.contradicts",
    `${where}: expected a point within ${name} (${width} × ${height}), received x ${x}, y ${y}`,
    { hint: "Points are in pixels of the upright image, from its left upper corner." },
  );
}
