/** The numbers that a step reports, read from what its programs gave. */
import type { HostTensor } from "../executors/executor.ts";
import type { StepValues } from "../optim/schedules.ts";
import { EngineError } from "../protocol/errors.ts";
import { metricPrefix } from "./step.ts";

/** "loss", every term and "grad_norm", where the program has them. */
export type StepMetrics = Readonly<Record<string, number>>;

/** @param names without the prefix of outputs */
export function metricsOf(
  results: Readonly<Record<string, HostTensor>>,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, results[metricPrefix + name]!.data[0]!]));
}

/** @throws EngineError "train.diverged" */
export function refuseNonFinite(metrics: StepMetrics): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new EngineError(
      "train.diverged",
      `${name}: expected a finite number, received ${value}`,
      {
        hint: "Lower the learning rate or the clipping norm, or start from an earlier checkpoint.",
      },
    );
  }
}

/** What metrics.jsonl has of a step: its number, what it gave, and the schedules that it went by. */
export function stepRow(
  step: number,
  metrics: StepMetrics,
  { learningRate, weightDecay, momentum, teacherTemperature }: StepValues,
): { step: number; [key: string]: number } {
  return {
    step,
    ...metrics,
    lr: learningRate,
    weight_decay: weightDecay,
    momentum,
    teacher_temp: teacherTemperature,
  };
}
