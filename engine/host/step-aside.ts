/** A thread that works for minutes or hours lets a page on the same machine go first. */
import os from "node:os";

/**
 * On Linux a priority is a thread's own, and threads that it starts (the runtime's, the data's) have
 * it from it; elsewhere it would be the whole process's.
 */
export function stepAside(): void {
  if (process.platform !== "linux") return;
  try {
    os.setPriority(os.constants.priority.PRIORITY_LOW);
  } catch {
    // Somebody has set limits; then the thread competes like everything else.
  }
}
