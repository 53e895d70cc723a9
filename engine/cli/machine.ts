/** Sizes of memory and disk as a person reads them. */

/** 1.5 GB for 1.5 * 2^30 bytes. */
export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
