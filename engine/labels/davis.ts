/** Layout "davis": frames and masks of videos, a folder for each, as DAVIS 2016 and 2017 have them. */
import { EngineError } from "../protocol/errors.ts";
import { type LabelFolder, byCodeUnits, pictureExtensions, stemOf } from "./label-folder.ts";
import { type LabelledFrames, ignored } from "./labelled.ts";
import type { Layout } from "./layout.ts";
import { type RawPng, readRawPng } from "../image/raw-png.ts";
import { type ReadPicture, checkSameSize, counted, itemsOf, readPicture } from "./read-picture.ts";
import { readNames } from "./splits.ts";

interface Video {
  readonly name: string;
  /** Paths of frames and of their masks, in the order of time. */
  readonly frames: readonly string[];
  readonly masks: readonly string[];
}

/** The first that is there counts. Without a list every video does. */
const lists = ["ImageSets/2017/val.txt", "ImageSets/2016/val.txt", "val.txt"];
const resolutions = ["480p", "Full-Resolution"];

export const davis: Layout = {
  looksFor: "JPEGImages/480p/VIDEO and Annotations/480p/VIDEO (or Full-Resolution)",
  recognises: async (folder) => (await resolutionOf(folder)) !== undefined,
  open: {
    tracking: async (folder, reading) => {
      const resolution = (await resolutionOf(folder)) ?? resolutions[0]!;
      const { folders: names } = await folder.entries(`Annotations/${resolution}`);
      const list = await firstList(folder);
      const chosen = list === undefined ? names : await readNames(folder, list, names);
      if (chosen.length === 0) {
        throw new EngineError(
          "data.empty",
          `${folder.at(list ?? `Annotations/${resolution}`)}: expected at least one video, found none`,
        );
      }
      const videos: Video[] = [];
      for (const name of chosen) videos.push(await videoOf(folder, resolution, name));
      const used = [
        ...(list === undefined ? [] : [list]),
        ...videos.flatMap(({ frames, masks }) => [...frames, ...masks]),
      ];
      return {
        description: `DAVIS layout in ${folder.path}: ${counted(videos.length, "video")} at ${resolution}${list === undefined ? "" : `, listed in ${list}`}`,
        fingerprint: await folder.fingerprint("DAVIS", used, reading),
        items: itemsOf(videos, (video) => loadVideo(folder, video)),
      };
    },
  },
};

async function resolutionOf(folder: LabelFolder): Promise<string | undefined> {
  for (const name of resolutions) {
    const both = [`JPEGImages/${name}`, `Annotations/${name}`];
    const there = await Promise.all(both.map((inside) => folder.hasFolder(inside)));
    if (there.every(Boolean)) return name;
  }
  return undefined;
}

async function firstList(folder: LabelFolder): Promise<string | undefined> {
  for (const list of lists) if (await folder.hasFile(list)) return list;
  return undefined;
}

/** @throws EngineError "path.missing" for a frame without a mask or a mask without a frame */
async function videoOf(folder: LabelFolder, resolution: string, name: string): Promise<Video> {
  const [frameFolder, maskFolder] = [
    `JPEGImages/${resolution}/${name}`,
    `Annotations/${resolution}/${name}`,
  ];
  const frames = await folder.filesBelow(frameFolder, pictureExtensions);
  const masks = await folder.filesBelow(maskFolder, ["png"]);
  const maskOf = new Map(masks.map((mask) => [stemOf(mask), mask]));
  const frameStems = new Set(frames.map(stemOf));
  const stray = masks.find((mask) => !frameStems.has(stemOf(mask)));
  if (frames.length < 2 || frameStems.size !== frames.length || stray !== undefined) {
    const received =
      stray === undefined ? `${frameStems.size} of ${frames.length} files` : `none for ${stray}`;
    throw new EngineError(
      stray === undefined ? "data.empty" : "path.missing",
      `${folder.at(frameFolder)}: expected at least two frames, one for each mask in ${folder.at(maskFolder)}, received ${received}`,
    );
  }
  const ordered = frames.sort(inTime);
  return {
    name,
    frames: ordered.map((frame) => `${frameFolder}/${frame}`),
    masks: ordered.map((frame) => {
      const mask = maskOf.get(stemOf(frame));
      if (mask !== undefined) return `${maskFolder}/${mask}`;
      throw new EngineError(
        "path.missing",
        `${folder.at(`${frameFolder}/${frame}`)}: expected its mask ${folder.at(`${maskFolder}/${stemOf(frame)}.png`)}, there is none`,
        { hint: "Every frame needs a mask; take frames without one out." },
      );
    }),
  };
}

/** Frames are often numbered without leading zeros. */
function inTime(a: string, b: string): number {
  const [first, second] = [stemOf(a), stemOf(b)];
  const areNumbers = /^\d+$/.test(first) && /^\d+$/.test(second);
  return (areNumbers ? Number(first) - Number(second) : 0) || byCodeUnits(a, b);
}

async function loadVideo(folder: LabelFolder, video: Video): Promise<LabelledFrames> {
  const frames: ReadPicture[] = [];
  const pngs: RawPng[] = [];
  for (const [i, path] of video.frames.entries()) {
    const frame = await readPicture(folder.at(path));
    const png = await readRawPng(folder.at(video.masks[i]!));
    checkSameSize(frame, png, folder.at(video.masks[i]!));
    const [first = frame] = frames;
    if (frame.width !== first.width || frame.height !== first.height) {
      throw new EngineError(
        "image.size",
        `${frame.name}: expected the size of the video's first frame, ${first.width} × ${first.height}, received ${frame.width} × ${frame.height}`,
      );
    }
    frames.push(frame);
    pngs.push(png);
  }
  const files = video.masks.map((mask) => folder.at(mask));
  return { name: video.name, frames, masks: toInstances(pngs, files) };
}

/**
 * DAVIS 2016 draws its one object in white. An object that the first frame does not show cannot be
 * followed, so its pixels count for nothing.
 */
function toInstances(pngs: readonly RawPng[], files: readonly string[]): Uint8Array[] {
  const isWhite = pngs.every(
    ({ kind, values }) => kind === "grey" && values.every((value) => value === 0 || value === 255),
  );
  const shown = new Set<number>(isWhite ? [255] : pngs[0]!.values);
  shown.delete(0);
  if (!isWhite) shown.delete(ignored);
  if (shown.size === 0 || (isWhite && !pngs[0]!.values.includes(255))) {
    throw new EngineError(
      "data.empty",
      `${files[0]}: expected at least one object in the first mask, which is what is followed; found none`,
      { hint: "Start the video where an object is to be seen." },
    );
  }
  return pngs.map(({ values }, at) =>
    Uint8Array.from(values, (value) => {
      if (value === 0) return 0;
      if (isWhite) return 1;
      if (value <= ignored) return shown.has(value) ? value : ignored;
      throw new EngineError(
        "config.contradicts",
        `${files[at]}: expected instances from 1 to 254, 0 for none and 255 for what does not count; received ${value}`,
      );
    }),
  );
}
