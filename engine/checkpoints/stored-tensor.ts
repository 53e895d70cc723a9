/** A tensor of a checkpoint where it lies: one range of a file, or pieces that make it up. */
import { EngineError } from "../protocol/errors.ts";
import { elementCount } from "../protocol/tensor.ts";
import { dtypeBytes } from "./stored-dtypes.ts";

/** Where bytes lie: in a file as they are, in a file deflated, or in memory. */
export type PieceBytes =
  | { readonly kind: "file"; readonly path: string; readonly byteOffset: number }
  | {
      readonly kind: "deflated";
      readonly path: string;
      readonly byteOffset: number;
      readonly storedBytes: number;
      /** Of what comes out, as the archive claims. */
      readonly sizeBytes: number;
      /** To pass over of what comes out. */
      readonly skipBytes: number;
    }
  | { readonly kind: "memory"; readonly bytes: Uint8Array };

/** A box of a tensor. */
export interface Piece {
  /** Of its first value. */
  readonly bytes: PieceBytes;
  /** Where its first value belongs in the tensor. */
  readonly origin: readonly number[];
  readonly shape: readonly number[];
  /** From one value to the next along each axis, in elements. */
  readonly strides: readonly number[];
  readonly isBigEndian?: boolean | undefined;
}

export interface StoredTensor {
  /** As the file has it; parts of nested containers joined by dots. */
  readonly name: string;
  /** As safetensors spells it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /**
   * What makes it up, found when it is asked for: some containers must be read for it.
   * @throws EngineError "weights.format"
   */
  readonly pieces: () => Promise<readonly Piece[]>;
}

/** A tensor whose pieces are looked for once, when somebody asks. */
export function storedTensor(
  { name, dtype, shape }: Pick<StoredTensor, "name" | "dtype" | "shape">,
  find: () => Promise<readonly Piece[]>,
): StoredTensor {
  let found: Promise<readonly Piece[]> | undefined;
  return { name, dtype, shape, pieces: () => (found ??= find()) };
}

/** Row-major values in one stretch of a file. */
export interface FileStretch {
  readonly path: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The one stretch that is the tensor, or undefined where it must be put together or turned round. */
export function inOneStretch(
  { dtype, shape }: Pick<StoredTensor, "dtype" | "shape">,
  pieces: readonly Piece[],
): FileStretch | undefined {
  const [piece] = pieces;
  if (pieces.length !== 1 || piece?.bytes.kind !== "file" || piece.isBigEndian === true) {
    return undefined;
  }
  if (piece.shape.join() !== shape.join() || !isRowMajor(piece)) return undefined;
  const { path, byteOffset } = piece.bytes;
  return { path, byteOffset, byteLength: elementCount(shape) * dtypeBytes[dtype]! };
}

/** From one value to the next along each axis where the last axis runs fastest. In elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Bytes from a piece's first value to the end of its last. */
export function spanBytes({ shape, strides }: Piece, itemBytes: number): number {
  if (shape.includes(0)) return 0;
  return (1 + shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 0)) * itemBytes;
}

/** Axes of one value have no stride that matters. */
function isRowMajor({ shape, strides }: Piece): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((side, axis) => side <= 1 || strides[axis] === expected[axis]);
}

/** Boxes of one tensor, more than any run has ranks that share it. */
export const maxPieces = 1024;

/**
 * Boxes must fill a tensor, each value once.
 * @param where the file and the tensor, for messages
 * @throws EngineError "weights.format"
 */
export function checkTiling(
  shape: readonly number[],
  boxes: readonly Pick<Piece, "origin" | "shape">[],
  where: string,
): void {
  const refuse = (problem: string) =>
    new EngineError("weights.format", `${where}: ${problem}`, {
      hint: "The checkpoint is incomplete or damaged: copy all of its files again.",
    });
  if (boxes.length > maxPieces) throw refuse(`expected at most ${maxPieces} pieces`);
  for (const box of boxes) {
    const isInside =
      box.shape.length === shape.length &&
      box.origin.length === shape.length &&
      shape.every((side, axis) => box.origin[axis]! + box.shape[axis]! <= side);
    if (isInside) continue;
    throw refuse(
      `a piece [${box.shape.join(", ")}] at (${box.origin.join(", ")}) reaches beyond [${shape.join(", ")}]`,
    );
  }
  // Sorted by the first axis, a box can only meet those that begin before it ends.
  const filled = boxes
    .filter((box) => !box.shape.includes(0))
    .sort((a, b) => (a.origin[0] ?? 0) - (b.origin[0] ?? 0));
  for (const [i, one] of filled.entries()) {
    for (let k = i + 1; k < filled.length; k++) {
      const other = filled[k]!;
      if ((other.origin[0] ?? 0) >= (one.origin[0] ?? 0) + (one.shape[0] ?? 1)) break;
      if (overlap(one, other)) throw refuse("two of its pieces hold the same values");
    }
  }
  const volume = filled.reduce((sum, box) => sum + elementCount(box.shape), 0);
  if (volume !== elementCount(shape)) {
    throw refuse(
      `its pieces hold ${volume} of the ${elementCount(shape)} values of [${shape.join(", ")}]`,
    );
  }
}

function overlap(one: Pick<Piece, "origin" | "shape">, other: typeof one): boolean {
  return one.origin.every(
    (start, axis) =>
      start < other.origin[axis]! + other.shape[axis]! &&
      other.origin[axis]! < start + one.shape[axis]!,
  );
}
