/** F32, F16 and BF16 as they lie in a file: to and from float32, and whether any is not finite. */
import { Float16Array } from "@petamoriken/float16";
import type { StoredDtype } from "./executor.ts";

/** Bytes per element. */
export const storedBytes: Readonly<Record<StoredDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Whether a safetensors dtype is one that parameters may have. */
export function isFloatDtype(dtype: string): dtype is StoredDtype {
  return Object.hasOwn(storedBytes, dtype);
}

/**
 * @param bytes little-endian, starting at a multiple of the element size within its buffer
 * @returns the same values; for F32 a view of the same bytes
 */
export function toFloat32(bytes: Uint8Array, dtype: StoredDtype): Float32Array {
  if (dtype === "F32") return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const bits = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const words = new Uint32Array(bits.length);
  if (dtype === "BF16") for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  else for (let i = 0; i < bits.length; i++) words[i] = float16ToFloat32Bits(bits[i]!);
  return new Float32Array(words.buffer);
}

/** @returns bit patterns of the nearest binary16, ties to even; from 65,520 on they are infinite */
export function toFloat16(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** @returns bit patterns of the nearest bfloat16, ties to even; what is not finite stays so */
export function toBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    // A NaN keeps its high bits; the lowest of them is set so that none turns into infinity.
    bits[i] = isNan ? (word >>> 16) | 1 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/**
 * The exponent bits of a 32-bit word, and the lowest of them. Added to a full exponent, the lowest
 * bit carries into the sign's place, which the mask has cleared; to any other it does not. A word
 * holds one F32 or two of the others.
 */
const exponents: Readonly<Record<StoredDtype, { mask: number; lowest: number; carry: number }>> = {
  F32: { mask: 0x7f800000, lowest: 0x00800000, carry: 0x80000000 },
  F16: { mask: 0x7c007c00, lowest: 0x04000400, carry: 0x80008000 },
  BF16: { mask: 0x7f807f80, lowest: 0x00800080, carry: 0x80008000 },
};

/**
 * Index of the first NaN or infinity, by its exponent bits, or -1.
 * @param bytes little-endian, starting at a multiple of 4 within its buffer
 */
export function firstNotFinite(bytes: Uint8Array, dtype: StoredDtype): number {
  const { mask, lowest, carry } = exponents[dtype];
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  // One branch per block rather than per word: twice the speed.
  const block = 1024;
  let start = 0;
  for (let found = 0; start + block <= words.length; start += block) {
    for (let i = start; i < start + block; i += 4) {
      found |=
        ((words[i]! & mask) + lowest) |
        ((words[i + 1]! & mask) + lowest) |
        ((words[i + 2]! & mask) + lowest) |
        ((words[i + 3]! & mask) + lowest);
    }
    if ((found & carry) !== 0) break;
  }
  const size = storedBytes[dtype];
  const rest = toFloat32(bytes.subarray(start * 4), dtype);
  const index = rest.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? -1 : (start * 4) / size + index;
}

/** IEEE 754 binary16 to the bit pattern of the same binary32 value. */
function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction * 2^-24, with its leading one moved to bit 10.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
