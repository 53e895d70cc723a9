/** What one training step sees: crops of a batch of images and which of their patches are masked. */

/** Sides of square crops in pixels. */
export interface CropSizes {
  readonly global: number;
  readonly local: number;
  /** Of the Gram teacher's own view; 0 where it sees the global crops. */
  readonly gram: number;
}

/** Crops are stacked crop-major: index = crop * B + image. All values are normalised float32. */
export interface Batch {
  /** [2B, 3, H, W] */
  readonly global: Float32Array;
  /** [nB, 3, h, w]; empty without local crops. */
  readonly local: Float32Array;
  /** [2B, 3, H2, W2], where the Gram teacher has a view of its own. */
  readonly gram?: Float32Array;
  /** [2B, P], 1 where a patch is masked. */
  readonly masks: Uint8Array;
  /** Where the masked patches are among 2B * P, [m]. */
  readonly maskIndices: Int32Array;
  /** 1 / number of masked patches in that crop, [m]. */
  readonly maskWeights: Float32Array;
}

/** Where the crops of one image of a batch lie, for looking at them. */
export interface ImageCrops {
  /** Path of the photograph. */
  readonly file: string;
  /** Upright size of the photograph in pixels. */
  readonly width: number;
  readonly height: number;
  /** Global crops first, then local ones. */
  readonly crops: readonly {
    readonly kind: "global" | "local";
    /** In pixels of the photograph. */
    readonly box: {
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };
    readonly flipped: boolean;
  }[];
}

/** A batch, its sizes and where it came from. */
export interface LoadedBatch {
  readonly batch: Batch;
  readonly sizes: CropSizes;
  /** Number of images; B. */
  readonly images: number;
  /** Factor of the RoPE coordinates in the student, 1 where none was drawn. */
  readonly rescale: number;
  /** One entry an image; empty where the batch was recorded. */
  readonly origins: readonly ImageCrops[];
}

/** Anything that batches come from. */
export interface BatchSource {
  /** In words: "12 images in photos, 1 skipped". */
  readonly description: string;
  /** Files that are left out, and why; grows when one turns out damaged where it is read. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** Start on a batch that will be asked for soon. */
  prefetch(step: number): void;
  /**
   * The same batch for the same step, in any order, in any process.
   * @param step counted over every pass: accumulated passes have steps of their own
   * @throws EngineError "data.empty" when no readable image is left
   */
  load(step: number): Promise<LoadedBatch>;
  close(): Promise<void>;
}
