/** Lays points out in a worker of its own, which a cancel ends at once: nothing else waits for it. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import { cancelled, EngineError, throwIfAborted } from "../../engine/protocol/errors.ts";
import type { UmapInput, UmapLayout } from "./umap.ts";
import type { FromUmapWorker } from "./umap-worker.ts";

/** @throws EngineError "cancelled" when the signal says so, "memory" or "internal" for what the worker met */
export async function runUmap(
  input: UmapInput,
  { signal, onProgress }: Pick<CallOptions, "signal" | "onProgress">,
): Promise<UmapLayout> {
  throwIfAborted(signal, "UMAP");
  const worker = new Worker(new URL("./umap-worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(cancelled("UMAP")), { once: true });
      worker.addEventListener("message", ({ data }: MessageEvent<FromUmapWorker>) => {
        switch (data.type) {
          case "progress":
            onProgress?.({ fraction: data.fraction, label: data.label });
            break;
          case "done":
            resolve(data.layout);
            break;
          case "failed":
            reject(failure(data.isMemory ? "memory" : "internal", data.reason));
            break;
          default:
            data satisfies never;
        }
      });
      worker.addEventListener("error", ({ message }) =>
        reject(failure("internal", message || "its program could not be loaded")),
      );
      worker.postMessage(input, [input.bits.buffer, input.start.buffer]);
    });
  } finally {
    worker.terminate();
  }
}

const failure = (code: "memory" | "internal", reason: string) =>
  new EngineError(code, `The patches could not be laid out by UMAP: ${reason}`, {
    hint: "The points along the components (PCA) need no layout.",
  });
