/** What a probe is given and what it must be: one feature map, its options and a context. */
import { EngineError } from "../protocol/errors.ts";
import type { Geometry, PatchPosition } from "../protocol/geometry.ts";
import type { ModelCard } from "../protocol/messages.ts";
import type { ProbeName, ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import type { PreparedProgram, Program } from "../executors/executor.ts";
import type { Rows } from "./rows.ts";

/** The tokens after one block of one model over one image, with what a recipe must say of them. */
export interface FeatureMap {
  /** [P * D], row-major over the grid. */
  readonly patches: Float32Array;
  /** [D] */
  readonly cls: Float32Array;
  /** [R * D]; R may be 0. */
  readonly registers: Float32Array;
  readonly geometry: Geometry;
  /** D */
  readonly width: number;
  /** The block that was read, counted from 0. */
  readonly block: number;
  /** Whether the model's final norm was applied. */
  readonly norm: boolean;
  readonly model: Pick<ModelCard, "name" | "variant" | "trained" | "depth" | "heads" | "stages">;
  /** The photograph's name, for people. */
  readonly image: string;
}

/** What a probe may ask of the session that runs it. */
export interface ProbeContext {
  /** Prepared programs are kept by name, so a program's name holds every static shape. */
  prepare(program: Program): Promise<PreparedProgram>;
  /** The feature map of another reference. */
  features(ref: FeatureRef): Promise<FeatureMap>;
  /**
   * Softmax rows of one query token in the block that `ref` names.
   *
   * @param tokenIndex 0 is CLS, then the registers, then the patches
   * @returns rows [heads * N] over all N = 1 + R + P tokens; each row sums to 1
   */
  attentionRows(
    ref: FeatureRef,
    tokenIndex: number,
  ): Promise<{ rows: Float32Array; heads: number }>;
  readonly signal: AbortSignal;
  /** @param fraction 0..1 of the probe, never going back */
  progress(fraction: number, label: string): void;
}

/**
 * @param features the map that `ref` names
 * @throws EngineError "patch.range", "option.invalid", "cancelled", or what the executor refuses
 */
export type Probe<P extends ProbeName> = (
  features: FeatureMap,
  ref: FeatureRef,
  options: ProbeOptions<P>,
  context: ProbeContext,
) => Promise<ProbeResult>;

/** The patches as a matrix, without a copy. */
export function patchRows({ patches, width }: FeatureMap): Rows {
  return { data: patches, count: patches.length / width, width };
}

/** CLS, then the registers, named as a person would. */
export function prefixRows(features: FeatureMap): { name: string; values: Float32Array }[] {
  const { cls, registers, width } = features;
  const tokens = [{ name: "CLS", values: cls }];
  for (let i = 0; i * width < registers.length; i++) {
    const values = registers.subarray(i * width, (i + 1) * width);
    tokens.push({ name: `register ${i}`, values });
  }
  return tokens;
}

/**
 * @returns row-major index of a patch
 * @throws EngineError "patch.range" outside the grid
 */
export function patchIndex({ grid }: Geometry, { row, col }: PatchPosition): number {
  if (row < 0 || row >= grid.rows || col < 0 || col >= grid.cols) {
    throw new EngineError(
      "patch.range",
      `patch: expected row 0 to ${grid.rows - 1} and column 0 to ${grid.cols - 1} of the ` +
        `${grid.rows}x${grid.cols} grid, received row ${row}, column ${col}`,
      { hint: "Rows and columns count from 0 at the top left; a larger image has more patches." },
    );
  }
  return row * grid.cols + col;
}

/** The other direction of {@link patchIndex}. */
export function patchPositionOf({ grid }: Geometry, index: number): PatchPosition {
  return { row: Math.floor(index / grid.cols), col: index % grid.cols };
}
