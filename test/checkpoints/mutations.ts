/** Files changed at random, by a seed: what damage, chance and spite do to them. */
import type { Draws } from "../../engine/random/draws.ts";

/** Sizes that readers trip over. */
const sizes = [
  0n,
  1n,
  255n,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  1n << 32n,
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

/** Opcodes and parts of pickles, archives and headers, to be put where they do not belong. */
const words = [
  "(",
  ".",
  "R",
  "b",
  "}",
  "]",
  ")",
  "t",
  "u",
  "e",
  "Q",
  "\x85",
  "\x87",
  "\x81",
  "\x93",
  "\x94",
  "h\x00",
  "q\x00",
  "cos\nsystem\n",
  "cbuiltins\neval\n",
  "ccollections\nOrderedDict\n",
  "ctorch\nSize\n",
  "PK\x01\x02",
  "PK\x03\x04",
  "PK\x05\x06",
  "PK\x06\x06",
  "PK\x06\x07",
  "../",
  "\x8b\xff\xff\xff\x7f",
  "\x8e\x00\x00\x00\x00\x00\x00\x00\x10",
].map((word) => Buffer.from(word, "latin1"));

/** One to four changes; more often where a file keeps what it says of itself: at its start and its end. */
export function mutate(bytes: Buffer, draws: Draws): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + draws.below(4); left > 0; left--) changed = change(changed, draws);
  return changed;
}

function change(bytes: Buffer, draws: Draws): Buffer {
  if (bytes.length === 0) return Buffer.from(words[draws.below(words.length)]!);
  const at = place(bytes.length, draws);
  const upTo = Math.min(bytes.length - at, 1 + draws.below(draws.chance(0.2) ? 4096 : 16));
  switch (draws.below(9)) {
    case 0: // One bit
      bytes[at]! ^= 1 << draws.below(8);
      return bytes;
    case 1: // One byte
      bytes[at] = draws.below(256);
      return bytes;
    case 2: {
      const width = [1, 2, 4, 8][draws.below(4)]!; // A size
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(sizes[draws.below(sizes.length)]!);
      size.copy(bytes, at, 0, width);
      return bytes;
    }
    case 3: // A part is gone
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + upTo)]);
    case 4: // A part is there twice
      return Buffer.concat([bytes.subarray(0, at + upTo), bytes.subarray(at)]);
    case 5: // The end is gone
      return bytes.subarray(0, at);
    case 6: {
      const word = words[draws.below(words.length)]!; // Something in between
      return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]);
    }
    case 7: // Something over it
      words[draws.below(words.length)]!.copy(bytes, at);
      return bytes;
    default: // A part from elsewhere over it
      bytes.copy(bytes, at, place(bytes.length, draws), undefined);
      return bytes;
  }
}

function place(length: number, draws: Draws): number {
  const near = draws.below(Math.min(length, 2048));
  const kind = draws.below(3);
  if (kind === 0) return near;
  return kind === 1 ? length - 1 - near : draws.below(length);
}
