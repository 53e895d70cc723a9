/**
 * What vision transformers of other families do differently from DINOv3, as switches of one backbone
 * (reference dinov3.md B.1 and B.4).
 */

/** How a table of positions is brought to the grid of a picture, as the upstream code does it. */
export interface PositionResize {
  readonly method: "bicubic" | "bilinear";
  readonly antialias: boolean;
  /**
   * Added to the wanted size before the ratio of sizes is taken: 0.1 in the code of DINO and DINOv2,
   * which guards so against rounding and moves every sample a little.
   */
  readonly offset: number;
  /**
   * RADIO's way: to a square of the longer side with the corners' centres kept in place, of which the
   * upper left part is taken.
   */
  readonly isCutFromSquare: boolean;
}

/** Learned (or stored) positions, which are added to the patches. */
export interface PositionTable {
  readonly rows: number;
  readonly cols: number;
  /** Whether its first row is for the class token. */
  readonly hasClass: boolean;
  readonly resize: PositionResize;
}

/**
 * How queries and keys are rotated.
 *   dinov3  angles of patch centres in (-1, 1); halves of a head are the pairs (dinov3.md A.3)
 *   pe      whole numbers from 1, 0 for the class token; neighbouring channels are the pairs (B.3)
 *   v-jepa  whole numbers by frame, row and column; one angle for the first channel of a pair and
 *           another for the second (B.1)
 */
export type Rotation = "dinov3" | "pe" | "v-jepa" | "none";

/** Attention within windows, with a learned bias by distance, as in SAM. */
export interface Windows {
  /** Side of a window in patches. */
  readonly side: number;
  /** Blocks that see the whole picture, counted from 0. */
  readonly wholeBlocks: readonly number[];
}

export interface Traits {
  /**
   * Where the class token is: a parameter of its own; the first row of the registers; or nowhere, and
   * the mean of the patches stands for it wherever one is asked for.
   */
  readonly classToken: "own" | "first register" | "none";
  readonly table: PositionTable | undefined;
  readonly rotation: Rotation;
  readonly hasPatchBias: boolean;
  /** Pictures that one patch spans in a video; a still one is shown as often. */
  readonly frames: number;
  /** Height, width and channel in the order in which a patch is flattened; "cyx" is a convolution's. */
  readonly patchOrder: "cyx" | "yxc";
  /** A norm before the first block, as in CLIP. */
  readonly isNormedBefore: boolean;
  readonly hasLayerScale: boolean;
  /** Of a plain feed-forward; a gated one has SiLU. */
  readonly activation: "gelu" | "gelu tanh" | "gelu sigmoid";
  /** Whether tokens are normed after the last block. */
  readonly hasFinalNorm: boolean;
  readonly windows: Windows | undefined;
}

export const dinov3Traits: Traits = {
  classToken: "own",
  table: undefined,
  rotation: "dinov3",
  hasPatchBias: true,
  frames: 1,
  patchOrder: "cyx",
  isNormedBefore: false,
  hasLayerScale: true,
  activation: "gelu",
  hasFinalNorm: true,
  windows: undefined,
};
