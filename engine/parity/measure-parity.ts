/** Two sources of tokens over the same pictures: the numbers, the times, and what is drawn of them. */
import { median } from "../probes/statistics.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { ExportParity } from "../protocol/exporting.ts";
import { formatInputSize, type InputSize } from "../protocol/view.ts";
import { breathe } from "../session/control.ts";
import { comparePicture, summariseAgreement, type PictureAgreement } from "./agreement.ts";
import type { ProofImages } from "./proof-images.ts";
import type { SeenTokens, TokenSource } from "./token-source.ts";

export interface ParityRequest {
  /** Its times are not taken from here. */
  readonly original: TokenSource;
  readonly exported: TokenSource;
  /** The original again, computed anew for its time; absent where it is not at hand. */
  readonly timed?: TokenSource | undefined;
  readonly images: ProofImages;
  /** At least one; the first is timed, and drawn. */
  readonly sizes: readonly InputSize[];
  /** So many of the first pictures are handed to `onSeen` at the first size. */
  readonly drawn: number;
  readonly onSeen?: ((index: number, exported: SeenTokens) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((fraction: number) => void) | undefined;
}

export type MeasuredParity = Pick<ExportParity, "numbers" | "bySize" | "speed">;

/** Timed runs of each; fewer where they take long. */
const mostRuns = 7;
const leastRuns = 3;
const enoughMs = 3000;

/**
 * @throws EngineError "cancelled"; as comparePicture and the sources; what loading a picture throws
 */
export async function measureParity(request: ParityRequest): Promise<MeasuredParity> {
  const { original, exported, images, sizes, drawn, onSeen, signal, progress } = request;
  const bySize: { size: string; pictures: PictureAgreement[] }[] = [];
  const total = images.count * sizes.length + 1;
  let done = 0;
  for (const [place, size] of sizes.entries()) {
    const pictures: PictureAgreement[] = [];
    for (let index = 0; index < images.count; index++) {
      // A run blocks the thread; a cancellation is heard between two.
      await breathe();
      throwIfAborted(signal, "The proof of the export");
      const picture = await images.load(index);
      const before = await original.see(picture, size, index);
      const after = await exported.see(picture, size, index);
      pictures.push(comparePicture(before, after));
      if (place === 0 && index < drawn) onSeen?.(index, after);
      progress?.(++done / total);
    }
    bySize.push({ size: formatInputSize(size), pictures });
  }
  const speed = await measureSpeed(request);
  progress?.(1);
  return {
    numbers: summariseAgreement(bySize.flatMap(({ pictures }) => pictures)),
    bySize: bySize.map(({ size, pictures }) => ({ size, numbers: summariseAgreement(pictures) })),
    speed,
  };
}

/** In turn, so that a busy machine is busy for both; the first run of each is not counted. */
async function measureSpeed(request: ParityRequest): Promise<ExportParity["speed"]> {
  const { exported, timed, images, sizes, signal } = request;
  const picture = await images.load(0);
  const size = sizes[0]!;
  const warm = await exported.see(picture, size, 0);
  await timed?.see(picture, size, 0);
  const [ours, theirs]: [number[], number[]] = [[], []];
  const started = performance.now();
  while (
    theirs.length < leastRuns ||
    (theirs.length < mostRuns && performance.now() - started < enoughMs)
  ) {
    await breathe();
    throwIfAborted(signal, "The proof of the export");
    if (timed) ours.push((await timed.see(picture, size, 0)).elapsedMs ?? 0);
    theirs.push((await exported.see(picture, size, 0)).elapsedMs ?? 0);
  }
  const { width, height } = warm.geometry.input;
  return {
    input: `${width}x${height}`,
    ...(timed ? { originalMs: median(ours) } : {}),
    exportedMs: median(theirs),
    runs: theirs.length,
  };
}
