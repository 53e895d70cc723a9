/** Sizes of files as a person reads them. */

/** 86.5 MB for 86.5 * 10^6 bytes: what the Hub's pages show. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, divisor] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / divisor).toFixed(1)} ${unit}`;
}
