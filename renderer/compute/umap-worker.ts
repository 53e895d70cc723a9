/** Runs one UMAP layout off the page's thread. */
import { umapLayout, type UmapInput, type UmapLayout } from "./umap.ts";

export type FromUmapWorker =
  | { type: "progress"; fraction: number; label: string }
  | { type: "done"; layout: UmapLayout }
  | { type: "failed"; reason: string; isMemory: boolean };

/** Progress is told this often, in milliseconds. */
const tellMs = 100;

self.addEventListener("message", ({ data }: MessageEvent<UmapInput>) => {
  let toldAt = -Infinity;
  try {
    const layout = umapLayout(data, (fraction, label) => {
      if (performance.now() - toldAt < tellMs) return;
      toldAt = performance.now();
      answer({ type: "progress", fraction, label });
    });
    answer({ type: "done", layout }, [layout.coordinates.buffer]);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    answer({ type: "failed", reason, isMemory: thrown instanceof RangeError });
  }
});

function answer(message: FromUmapWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
