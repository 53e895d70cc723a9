/** Feature maps made up for tests, and a context that runs probes over them. */
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { PreparedProgram } from "../../engine/executors/executor.ts";
import type { FeatureMap, ProbeContext } from "../../engine/probes/probe.ts";
import { normalAt } from "../../engine/random/counter.ts";
import { prepareEagerly } from "./eager-program.ts";

export const shownRef: FeatureRef = {
  model: "m1",
  image: "i1",
  size: { kind: "model" },
  layer: "last",
  norm: true,
};

/** @param patches one row a patch, row-major over the grid */
export function featureMap(
  rows: number,
  cols: number,
  patches: ArrayLike<number>,
  changes: Partial<FeatureMap> = {},
): FeatureMap {
  const width = patches.length / (rows * cols);
  const input = { width: 16 * cols, height: 16 * rows };
  return {
    patches: Float32Array.from(patches),
    cls: Float32Array.from({ length: width }, (_, j) => (j === 0 ? 1 : 0)),
    registers: new Float32Array(2 * width).fill(1),
    geometry: {
      patch: 16,
      grid: { rows, cols },
      input,
      image: input,
      region: { x: 0, y: 0, ...input },
      resample: "none",
    },
    width,
    block: 11,
    norm: true,
    model: { name: "ViT-S/16", variant: "dinov3_vits16", trained: true, depth: 12, heads: 3 },
    image: "made up",
    ...changes,
  };
}

/** Standard normal values. */
export function noise(seed: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => normalAt(seed, i));
}

/** A context on the plain JavaScript backend; programs are kept by name, as the session does. */
export function context(changes: Partial<ProbeContext> = {}): ProbeContext {
  const prepared = new Map<string, PreparedProgram>();
  return {
    prepare(program) {
      const found = prepared.get(program.name) ?? prepareEagerly(program);
      prepared.set(program.name, found);
      return Promise.resolve(found);
    },
    features: () => Promise.reject(new Error("no other feature maps")),
    attentionRows: () => Promise.reject(new Error("no attention")),
    signal: new AbortController().signal,
    progress: () => {},
    ...changes,
  };
}
