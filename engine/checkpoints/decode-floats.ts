/** Stored floating-point values as float32, or as the nearest dtype that weights may have. */
import { isFloatDtype, toFloat16, toFloat32 } from "../executors/float-formats.ts";
import type { StoredDtype } from "../executors/executor.ts";
import { usableDtype } from "./stored-dtypes.ts";

/** Bits of an 8-bit float: the rest but one, the sign, are its fraction. */
const float8Exponents: Readonly<Record<string, { bits: number; bias: number }>> = {
  // 448 at most, no infinity; NaN is all ones (arXiv:2209.05433).
  F8_E4M3: { bits: 4, bias: 7 },
  F8_E5M2: { bits: 5, bias: 15 },
};

/**
 * @param bytes little-endian, in a buffer of their own
 * @param dtype one that usableDtype lists
 */
export function decodeFloats(bytes: Uint8Array<ArrayBuffer>, dtype: string): Float32Array {
  if (isFloatDtype(dtype)) return toFloat32(bytes, dtype);
  if (dtype === "F64") {
    return Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8));
  }
  const table = float8Table(dtype);
  return Float32Array.from(bytes, (byte) => table[byte]!);
}

/**
 * The same values in a dtype that weights may have, as safetensors are written.
 * @returns float32 as such, the others as their bits
 */
export function toUsable(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: string,
): { dtype: StoredDtype; data: Float32Array | Uint16Array } {
  const usable = usableDtype[dtype]!;
  if (usable === "F32") return { dtype: usable, data: decodeFloats(bytes, dtype) };
  if (dtype === usable) {
    return {
      dtype: usable,
      data: new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
    };
  }
  const table = toFloat16(float8Table(dtype)); // Exactly: float16 has more of both.
  return { dtype: usable, data: Uint16Array.from(bytes, (byte) => table[byte]!) };
}

/** The 256 values of an 8-bit float. */
function float8Table(dtype: string): Float32Array {
  const { bits, bias } = float8Exponents[dtype]!;
  const fractionBits = 7 - bits;
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte & 0x7f) >> fractionBits;
    const fraction = (byte & ((1 << fractionBits) - 1)) / (1 << fractionBits);
    const isTop = exponent === (1 << bits) - 1;
    if (dtype === "F8_E5M2" && isTop) return fraction === 0 ? sign * Infinity : NaN;
    if (isTop && (byte & 0x7f) === 0x7f) return NaN;
    if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
    return sign * (1 + fraction) * 2 ** (exponent - bias);
  });
}
