/** Classes of the patches of the photographs in space, and which of them are there. */
import type { Geometry } from "../../../engine/protocol/geometry.ts";
import { noClass, patchClasses } from "../../scene/patch-classes.ts";
import type { PixelLabels } from "../../store/image-state.ts";
import type { Look } from "../../store/look.ts";
import { photographOf } from "../../store/selectors.ts";
import type { Pane } from "../../store/view-state.ts";

export interface ClassOfPatch {
  readonly label: number;
  readonly name: string;
}

/** By labels and where the patches lie: a hover asks for the same ones again and again. */
const known = new WeakMap<PixelLabels, WeakMap<Geometry, Int32Array>>();

/** @returns int32 [patches], or undefined where the photograph has no labels */
export function classesOf(state: Look, pane: Pane, geometry: Geometry): Int32Array | undefined {
  const labels = photographOf(state, pane)?.labels;
  if (!labels) return undefined;
  const kept = known.get(labels) ?? new WeakMap<Geometry, Int32Array>();
  known.set(labels, kept);
  const classes = kept.get(geometry) ?? patchClasses(labels, geometry);
  kept.set(geometry, classes);
  return classes;
}

/** Those that patches have, by how many, the most first. */
export function classesPresent(classes: Int32Array, labels: PixelLabels): ClassOfPatch[] {
  const counts = new Map<number, number>();
  for (const label of classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  counts.delete(noClass);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([label]) => ({ label, name: nameOfClass(label, labels) }));
}

export function nameOfClass(label: number, labels: PixelLabels | undefined): string {
  if (label === noClass) return "no class";
  return labels?.names?.[label] ?? `class ${label}`;
}
