/**
 * A tensor as it crosses the wire: dtype, shape and little-endian bytes, with no tensor library on
 * either side.
 */
import { z } from "zod";

/** Bytes per element of each dtype. float16 travels as its bit pattern in a Uint16Array. */
export const bytesPerElement = { float32: 4, float16: 2, uint8: 1, int32: 4 } as const;

export type WireDtype = keyof typeof bytesPerElement;

/** Element order is row-major; `data.byteLength` is the product of the shape times the dtype. */
export interface WireTensor {
  readonly dtype: WireDtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export const wireTensor = z
  .object({
    dtype: z.enum(["float32", "float16", "uint8", "int32"]),
    shape: z.array(z.int().nonnegative()).max(8).readonly(),
    data: z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes"),
  })
  .refine((t) => t.data.byteLength === elementCount(t.shape) * bytesPerElement[t.dtype], {
    message: "the bytes do not match dtype and shape",
  });

/** Product of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** View an array's bytes as a wire tensor, without a copy. */
export function toWireTensor(
  array: Float32Array | Int32Array | Uint8Array | Uint16Array,
  shape: readonly number[],
): WireTensor {
  const dtype =
    array instanceof Float32Array
      ? "float32"
      : array instanceof Int32Array
        ? "int32"
        : array instanceof Uint16Array
          ? "float16"
          : "uint8";
  return { dtype, shape, data: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) };
}

/** float32 values of a float32 wire tensor; copies only when its bytes are misaligned. */
export function float32Values(tensor: WireTensor): Float32Array {
  const { data } = tensor;
  return aligned(data, 4)
    ? new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
    : new Float32Array(Uint8Array.from(data).buffer);
}

/** int32 values of an int32 wire tensor; copies only when its bytes are misaligned. */
export function int32Values(tensor: WireTensor): Int32Array {
  const { data } = tensor;
  return aligned(data, 4)
    ? new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4)
    : new Int32Array(Uint8Array.from(data).buffer);
}

/** Bit patterns of a float16 wire tensor; copies only when its bytes are misaligned. */
export function float16Bits(tensor: WireTensor): Uint16Array {
  const { data } = tensor;
  return aligned(data, 2)
    ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
    : new Uint16Array(Uint8Array.from(data).buffer);
}

function aligned(data: Uint8Array, bytes: number): boolean {
  return data.byteOffset % bytes === 0;
}
