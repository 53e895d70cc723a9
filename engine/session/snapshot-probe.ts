/** Probes over features that a training run kept, with the basis of another step where asked. */
import type { PreparedProgram, Program } from "../executors/executor.ts";
import { runProbe } from "../probes/catalog.ts";
import type { FeatureMap } from "../probes/probe.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Geometry } from "../protocol/geometry.ts";
import type { ProbeCall, ProbeResult } from "../protocol/probes.ts";
import type { SnapshotRef } from "../protocol/training.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { readSnapshot } from "../runs/snapshots.ts";
import type { Control } from "./control.ts";

/** A snapshot whose folder is that of its student. */
export type SnapshotPlace = Omit<SnapshotRef, "student">;

/**
 * @param basis step whose features a PCA is fitted on
 * @throws EngineError as readSnapshot and the probe; attention needs a model and is refused
 */
export async function probeSnapshot(
  place: SnapshotPlace,
  call: ProbeCall,
  basis: number | undefined,
  prepare: (program: Program) => Promise<PreparedProgram>,
  control: Control,
): Promise<{ geometry: Geometry; result: ProbeResult }> {
  const features = await featureMap(place);
  const ref = refOf(place.step);
  const fitted =
    call.probe === "pca" && basis !== undefined
      ? { ...call, options: { ...call.options, fit: [refOf(basis)] } }
      : call;
  const result = await runProbe(fitted, features, ref, {
    prepare,
    features: ({ image }) => featureMap({ ...place, step: Number(image) }),
    attentionRows: () =>
      Promise.reject(
        new EngineError("option.invalid", "attention: a snapshot holds features alone", {
          hint: "Open the checkpoint of that step to see attention.",
        }),
      ),
    signal: control.signal,
    progress: (fraction, label) => control.progress(fraction, label),
  });
  return { geometry: features.geometry, result };
}

/** Only told apart by the step: within one call the run and the photograph are the same. */
function refOf(step: number): FeatureRef {
  return {
    model: "snapshot",
    image: String(step),
    size: { kind: "model" },
    layer: "last",
    norm: true,
  };
}

async function featureMap({ folder, step, image }: SnapshotPlace): Promise<FeatureMap> {
  const { name, geometry, patches, cls, width } = await readSnapshot(folder, step, image);
  return {
    patches,
    cls,
    registers: new Float32Array(0),
    geometry,
    width,
    block: 0,
    norm: true,
    model: {
      name: `Teacher at step ${step}`,
      variant: "custom",
      trained: true,
      depth: 1,
      heads: 1,
    },
    image: name,
  };
}
