/** What a probe may ask of a frozen backbone. */
import type { Picture } from "../labels/labelled.ts";

/** The final norm's tokens of one picture. */
export interface FrozenFeatures {
  /** [d] */
  readonly cls: Float32Array;
  /** [rows * cols, d], row-major */
  readonly patches: Float32Array;
  /** [rows * cols, d] before the final norm, where it was asked for. */
  readonly before?: Float32Array | undefined;
  readonly rows: number;
  readonly cols: number;
  /** d */
  readonly width: number;
}

/** One model at one size of input, whatever runs it. */
export interface FrozenBackbone {
  readonly name: string;
  /** Identifies the weights, for caches. */
  readonly fingerprint: string;
  readonly width: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /**
   * The pictures are resized to the given sides, both multiples of the patch, and normalised as the
   * model wants. Several of one size take one run.
   * @throws EngineError "cancelled", or what the executor refuses
   */
  features(
    pictures: readonly Picture[],
    input: { readonly width: number; readonly height: number },
    signal?: AbortSignal,
  ): Promise<FrozenFeatures[]>;
}
