/** Whether a run fits into what is free, said before it starts. */
import { availableMemory } from "../executors/available-memory.ts";
import { EngineError } from "../protocol/errors.ts";
import type { MemoryEstimate } from "./memory-estimate.ts";

/** "4.2 GB: activations and gradients 2.9 GB, ..." */
export function describeEstimate({ items, total }: MemoryEstimate): string {
  const parts = [...items]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${name} ${gigabytes(bytes)}`);
  return `${gigabytes(total)}: ${parts.join(", ")}`;
}

/** @throws EngineError "memory" with the items, largest first */
export function refuseIfScarce(
  estimate: MemoryEstimate,
  override: string,
  available = availableMemory(),
): void {
  if (estimate.total <= available) return;
  throw new EngineError(
    "memory",
    `This run needs about ${describeEstimate(estimate)}; ${gigabytes(available)} are free`,
    {
      hint: `Use a smaller batchSize with accumulate, recompute, fewer prototypes or smaller crops. ${override}`,
    },
  );
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
