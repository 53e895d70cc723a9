/** A clip as MP4, encoded by the machine's own ffmpeg, for there is no encoder of video in Node. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import type { Colour, Drawing, Words } from "./drawing.ts";
import { paint } from "./paint.ts";

export interface Mp4Options {
  /** Of every frame, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  readonly frameMs: number;
  readonly words: Words;
  /** Beside frames of an odd side: video is stored by halves of its size. */
  readonly ground: Colour;
  /** Folder for what is written on the way. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * H.264 where ffmpeg has it; title and recipe in the tags. Frames are drawn as ffmpeg takes them.
 *
 * @param frames drawings of one size, one after the other
 * @throws EngineError "option.invalid" where there is no ffmpeg, or it refuses; "cancelled"
 */
export async function writeMp4(
  frames: Iterable<Drawing>,
  options: Mp4Options,
  onFrame: (count: number) => void,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(options.scratch, "gramscope-clip-"));
  try {
    const [tags, file] = [join(folder, "tags.txt"), join(folder, "clip.mp4")];
    await writeFile(tags, tagsOf(options.words));
    await encode(pixelsOf(frames, options.signal, onFrame), argumentsOf(options, tags, file));
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asked before minutes of work. @throws EngineError "option.invalid" where there is no ffmpeg */
export async function requireFfmpeg(): Promise<void> {
  const ffmpeg = spawn("ffmpeg", ["-version"], { stdio: "ignore", windowsHide: true });
  await once(ffmpeg, "close").catch((error: unknown) => {
    throw noFfmpeg(error);
  });
}

function argumentsOf({ size, frameMs, ground }: Mp4Options, tags: string, file: string): string[] {
  const colour = ground.map((value) => value.toString(16).padStart(2, "0")).join("");
  return [
    ...["-hide_banner", "-loglevel", "error", "-y"],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", `${size.width}x${size.height}`],
    ...["-framerate", `1000/${frameMs}`, "-i", "pipe:0"],
    ...["-f", "ffmetadata", "-i", tags, "-map", "0:v", "-map_metadata", "1"],
    ...["-vf", `pad=ceil(iw/2)*2:ceil(ih/2)*2:color=0x${colour}`],
    // Every step is a key frame, so that players stop at each.
    ...["-pix_fmt", "yuv420p", "-crf", "16", "-g", "1", "-movflags", "+faststart", file],
  ];
}

/** As ffmpeg's metadata files have it. */
function tagsOf({ title, recipe }: Words): string {
  const escaped = (text: string) => text.replaceAll(/[=;#\\\n]/g, (sign) => `\\${sign}`);
  return `;FFMETADATA1\ntitle=${escaped(title)}\ncomment=${escaped(recipe)}\n`;
}

async function* pixelsOf(
  frames: Iterable<Drawing>,
  signal: AbortSignal | undefined,
  onFrame: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for (const drawing of frames) {
    throwIfAborted(signal, "The clip");
    yield paint(drawing).pixels;
    onFrame(++count);
  }
}

async function encode(pixels: AsyncIterable<Uint8Array>, args: readonly string[]): Promise<void> {
  const ffmpeg = spawn("ffmpeg", args, { stdio: ["pipe", "ignore", "pipe"], windowsHide: true });
  let said = "";
  ffmpeg.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve, reject) => {
    ffmpeg.once("error", reject);
    ffmpeg.once("close", resolve);
  });
  const [fed, end] = await Promise.allSettled([
    pipeline(Readable.from(pixels, { objectMode: true }), ffmpeg.stdin),
    ended,
  ]);
  if (end.status === "rejected") throw noFfmpeg(end.reason);
  const failure = fed.status === "rejected" ? (fed.reason as Error) : undefined;
  if (failure instanceof EngineError) throw failure;
  // What it says of itself is worth more than that it took no more pixels.
  if (end.value !== 0 && said !== "") throw refused(said);
  if (failure) throw failure;
  if (end.value !== 0) throw refused(`it ended with ${String(end.value)}`);
}

function noFfmpeg(cause: unknown): EngineError {
  return new EngineError(
    "option.invalid",
    "clip: MP4 is encoded by ffmpeg, which does not start here",
    { hint: "Install ffmpeg, write a .webp, or save the clip on the page.", cause },
  );
}

function refused(said: string): EngineError {
  return new EngineError("option.invalid", `clip: ffmpeg refused: ${said.trim().slice(0, 500)}`, {
    hint: "Write a .webp, or install an ffmpeg that encodes H.264.",
  });
}
