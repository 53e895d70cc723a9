/** What the rows and columns of a grid of panes may be, and the values there are now. */
import { useMemo } from "react";
import { probeNames } from "../../../engine/protocol/probes.ts";
import { probeLabels } from "../../store/probe-slice.ts";
import { useLook } from "../store-context.ts";
import type { AxisValue } from "./grid-cells.ts";
import { useOfferedModels } from "./ModelChoice.tsx";

export const axisWords = {
  photographs: "photographs",
  models: "models",
  checkpoints: "checkpoints of the run",
  layers: "layers",
  probes: "probes",
  none: "one only",
} as const;

export type Axis = keyof typeof axisWords;

export function useAxisValues(axis: Axis): readonly AxisValue[] {
  const photographs = useLook((state) => state.photographs);
  const checkpoints = useLook((state) => state.timeline?.checkpoints);
  const depth = useLook((state) => state.model?.depth ?? 0);
  const unit = useLook((state) => (state.model?.stages ? "stage" : "block"));
  const models = useOfferedModels();
  return useMemo((): readonly AxisValue[] => {
    switch (axis) {
      case "none":
        return [{ label: "", parts: { view: {} } }];
      case "photographs":
        return photographs.map(({ key, name }) => ({
          label: name,
          parts: { view: {}, photograph: key },
        }));
      case "models":
        return models
          .filter(({ path }) => !checkpoints?.some((one) => one.path === path))
          .map(({ path, label }) => ({ label, parts: { view: {}, model: path } }));
      case "checkpoints":
        return (checkpoints ?? []).map(({ step, path }) => ({
          label: `step ${step.toLocaleString("en-US")}`,
          parts: { view: {}, model: path },
        }));
      case "layers":
        return Array.from({ length: depth }, (_, index) => ({
          label: `${unit} ${index + 1}`,
          parts: { view: { layer: index === depth - 1 ? ("last" as const) : index } },
        }));
      case "probes":
        return probeNames
          .filter((name) => name !== "gram")
          .map((probe) => ({ label: probeLabels[probe], parts: { view: { probe } } }));
    }
  }, [axis, photographs, checkpoints, depth, unit, models]);
}
