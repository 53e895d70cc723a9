/** Random numbers of the page's own computations; the engine's are drawn by engine/random. */

/**
 * A stream that repeats: a Weyl sequence through the MurmurHash3 finaliser (Appleby, public domain),
 * as in engine/random, which the page cannot import.
 *
 * @returns draws uniform in [0, 1)
 */
export function seededDraws(seed: number): () => number {
  let state = mix(seed >>> 0);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
