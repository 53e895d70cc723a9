/** Memory of this process and machine, and sizes as a person reads them. */
import { readFile } from "node:fs/promises";

/** 1.5 GB for 1.5 * 2^30 bytes. */
export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}

/**
 * Most memory this process ever had resident, in bytes. On Linux from its own status: what the
 * system reports of a child's usage starts at the size of its parent.
 */
export async function peakResidentBytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return 1024 * Number(kilobytes);
}
