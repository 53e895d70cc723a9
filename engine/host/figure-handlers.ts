/** Requests about figures. They are drawn in a thread of their own, from the photographs that are open. */
import type { FigurePool } from "../figures/figure-pool.ts";
import { pictureSizes } from "../figures/pane-grid.ts";
import type { Photograph } from "../figures/pane-pictures.ts";
import type { Handlers } from "../protocol/connection.ts";
import type { FigurePane, figureRequests } from "../protocol/figure.ts";
import { toWireTensor } from "../protocol/tensor.ts";
import type { Images } from "./images.ts";

export interface FigureContext {
  readonly figures: FigurePool;
  readonly images: Images;
}

export function figureHandlers({
  figures,
  images,
}: FigureContext): Handlers<typeof figureRequests> {
  const photographsOf = async (panes: readonly FigurePane[], signal: AbortSignal) => {
    const found = new Map<string, Photograph>();
    for (const { photograph: id } of panes) {
      if (id === undefined || found.has(id)) continue;
      const { width, height, pixels } = await images.decodedImage(id, signal);
      found.set(id, { width, height, pixels });
    }
    return found;
  };
  const replyOf = ({ file, width, height }: Awaited<ReturnType<FigurePool["figure"]>>) => ({
    file: toWireTensor(file, [file.byteLength]),
    width,
    height,
  });
  return {
    "figure.sizes": ({ views, look }) => ({ sizes: pictureSizes(views, look) }),
    "figure.draw": async ({ format, ...figure }, { signal }) => {
      const photographs = await photographsOf(figure.panes, signal);
      return replyOf(await figures.figure(figure, format, photographs, signal));
    },
    "figure.clip": async (clip, { signal, progress }) => {
      const { frames } = clip;
      const photographs = await photographsOf(
        frames.flatMap(({ panes }) => panes),
        signal,
      );
      const onFrame = (count: number) =>
        progress({
          fraction: count / (frames.length + 1),
          label: count < frames.length ? `Drawing frame ${count + 1}` : "Joining the frames",
        });
      return replyOf(await figures.clip(clip, photographs, signal, onFrame));
    },
  };
}
