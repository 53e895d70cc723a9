/** Dtypes of stored tensors, spelled as safetensors does, and which of them weights may have. */

/** Bytes per element. C128 is PyTorch's alone. */
export const dtypeBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2FNUZ: 1,
  F8_E8M0: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
  C128: 16,
};

/**
 * What a weight becomes where it cannot be used as it lies. Float8 fits into float16 exactly; float64
 * is rounded to the nearest float32.
 */
export const usableDtype: Readonly<Record<string, "F32" | "F16" | "BF16">> = {
  F32: "F32",
  F16: "F16",
  BF16: "BF16",
  F64: "F32",
  F8_E4M3: "F16",
  F8_E5M2: "F16",
};
