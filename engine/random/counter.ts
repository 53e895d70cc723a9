/**
 * Random numbers as a function of (seed, counter): the same on every machine, in any order, with no
 * state to keep. Two rounds of the MurmurHash3 finaliser (Appleby, public domain) over 32-bit words.
 */

/** @returns uniform in [0, 1), a multiple of 2^-32 */
export function uniformAt(seed: number, counter: number): number {
  const key = mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32);
  return mix((mix((counter >>> 0) ^ key) + 0x9e3779b9 + key) >>> 0) / 2 ** 32;
}

/** @returns normal with mean 0 and deviation 1 (Box-Muller over two counters) */
export function normalAt(seed: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(seed, 2 * counter)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, 2 * counter + 1));
}

function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
