/** Types of the half of crc-32 that its own declarations leave out: the Castagnoli polynomial. */
declare module "crc-32/crc32c.js" {
  const crc32c: {
    /** @returns signed 32 bits */
    readonly buf: (data: Uint8Array, seed?: number) => number;
  };
  export = crc32c;
}
