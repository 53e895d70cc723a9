/** How much memory this process may still take. */
import os from "node:os";

/** In bytes. What other programs only cache counts as free, and a container's limit counts. */
export function availableMemory(): number {
  // Since Node 20.13.
  const { availableMemory: available } = process as { availableMemory?: () => number };
  return available?.() ?? os.freemem();
}
