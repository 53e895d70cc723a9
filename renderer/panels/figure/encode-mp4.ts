/** A clip as MP4, encoded by the browser: H.264 where it has it, else AV1 or VP9. */
import { EngineError, throwIfAborted } from "../../../engine/protocol/errors.ts";

/** In the order in which players know them. */
const codecs = ["avc", "av1", "vp9"] as const;

/** One of each at a size that every encoder takes. */
const probes = ["avc1.640028", "av01.0.04M.08", "vp09.00.31.08"];

export const noEncoder =
  "This browser encodes no video here, so a clip is a WebP. Chromium encodes MP4 for pages from this machine or over HTTPS.";

/** Whether there is an encoder at all; a clip's own size is asked about when it is encoded. */
export async function canEncode(): Promise<boolean> {
  if (typeof VideoEncoder === "undefined" || typeof ImageDecoder === "undefined") return false;
  const found = await Promise.all(
    probes.map((codec) =>
      VideoEncoder.isConfigSupported({ codec, width: 640, height: 480 }).then(
        ({ supported }) => supported === true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

export interface ClipWords {
  readonly title: string;
  /** JSON. */
  readonly recipe: string;
}

/**
 * @param webp a lossless clip of the engine; its frames become those of the video
 * @throws EngineError "option.invalid" for a size that no encoder takes, "cancelled"
 */
export async function encodeMp4(
  webp: Uint8Array<ArrayBuffer>,
  { frameMs, words, ground }: { frameMs: number; words: ClipWords; ground: string },
  signal: AbortSignal,
  onFrame: (count: number, of: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const {
    BufferTarget,
    CanvasSource,
    getFirstEncodableVideoCodec,
    Mp4OutputFormat,
    Output,
    QUALITY_VERY_HIGH,
  } = await import("mediabunny");
  const decoder = new ImageDecoder({ data: webp, type: "image/webp" });
  try {
    await decoder.tracks.ready;
    const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
    const first = (await decoder.decode({ frameIndex: 0 })).image;
    // Video is stored by halves of its size: an odd side gets a line of the ground.
    const even = (side: number) => side + (side % 2);
    const [width, height] = [even(first.displayWidth), even(first.displayHeight)];
    first.close();
    const quality = QUALITY_VERY_HIGH;
    const codec = await getFirstEncodableVideoCodec([...codecs], { width, height, quality });
    if (!codec) {
      throw new EngineError(
        "option.invalid",
        `clip: this browser encodes no video of ${width} x ${height} pixels`,
        { hint: "Choose a lower resolution or width, or save the clip as WebP." },
      );
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d")!;
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
    const target = new BufferTarget();
    const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
    const source = new CanvasSource(canvas, { codec, quality, keyFrameInterval: 1 });
    output.addVideoTrack(source, { frameRate: 1000 / frameMs });
    output.setMetadataTags({
      title: words.title,
      comment: words.recipe,
      raw: { "©too": "Gramscope" },
    });
    await output.start();
    try {
      for (let i = 0; i < count; i++) {
        throwIfAborted(signal, "The clip");
        const { image } = await decoder.decode({ frameIndex: i });
        context.drawImage(image, 0, 0);
        image.close();
        await source.add((i * frameMs) / 1000, frameMs / 1000);
        onFrame(i + 1, count);
      }
      await output.finalize();
    } catch (error) {
      await output.cancel();
      throw error;
    }
    return new Uint8Array(target.buffer!);
  } finally {
    decoder.close();
  }
}
