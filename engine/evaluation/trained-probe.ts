/** What the probes that train a linear head share: settings, the choice within a sweep, progress. */
import { EngineError } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";
import type { InputSize } from "./input-size.ts";
import { applyHead, type LinearHead } from "./linear-head.ts";
import type { Measuring } from "./measuring.ts";
import type { ReportSettings } from "./probe-report.ts";
import {
  trainHeads,
  type HeadTask,
  type HeadTraining,
  type Rate,
  type TrainingData,
} from "./train-head.ts";

export interface TrainedSettings extends HeadTraining {
  readonly size: InputSize;
  /** Part of the pictures to train on that chooses within a sweep; not used for a single rate. */
  readonly validation: number;
}

/** Learning rates and weight decays that DINOv3 sweeps for its linear dense probes (dinov3.md F.2). */
export const paperRates: readonly Rate[] = [1e-4, 3e-4, 1e-3].flatMap((learningRate) =>
  [1e-4, 1e-3].map((weightDecay) => ({ learningRate, weightDecay })),
);

/** How good a head is on rows that it was not trained on. */
export interface Judge {
  /** @param outputs float32 [rows.length, outputs] */
  add(rows: Int32Array, outputs: Float32Array): void;
  /** Higher is better. */
  score(): number;
}

export interface ChosenHead {
  readonly head: LinearHead;
  readonly rate: Rate;
}

/** Keys the draw of the pictures that choose. */
const purpose = 0x7e57;

/**
 * Train one head a rate and keep the best: a part of the pictures, drawn by the seed, is left out of
 * the training of a sweep and judges it. The head that was judged is the one that is kept.
 * @throws EngineError "data.empty" where there are too few pictures to choose by
 */
export async function chooseHead(
  data: TrainingData,
  task: HeadTask,
  settings: TrainedSettings,
  seed: number,
  judge: () => Judge,
  measuring: Measuring,
  progress: (steps: number) => void,
): Promise<ChosenHead> {
  const { rates } = settings;
  if (rates.length === 1) {
    const [head] = await trainHeads(data, task, settings, seed, measuring, progress);
    return { head: head!, rate: rates[0]! };
  }
  const { kept, left } = splitRows(data, settings.validation, seed);
  const training = { ...data, rows: kept };
  const heads = await trainHeads(training, task, settings, seed, measuring, progress);
  let best = 0;
  let bestScore = -Infinity;
  for (const [i, head] of heads.entries()) {
    const own = judge();
    // A tile at a time: outputs of all rows together may be large.
    for (let start = 0; start < left.length; start += tileRows) {
      const rows = left.subarray(start, start + tileRows);
      const values = new Float32Array(rows.length * data.store.width);
      data.store.read(rows, values);
      own.add(rows, await applyHead(head, values, measuring.programs));
    }
    const score = own.score();
    if (score > bestScore) [best, bestScore] = [i, score];
  }
  return { head: heads[best]!, rate: rates[best]! };
}

const tileRows = 1024;

/** The rows to train on, and those of the pictures that choose. */
function splitRows(
  { store, rows }: TrainingData,
  part: number,
  seed: number,
): { kept: Int32Array; left: Int32Array } {
  const usable = new Set(rows);
  const pictures = store.pictures
    .map(({ first, end }) =>
      Array.from({ length: end - first }, (_, i) => first + i).filter((row) => usable.has(row)),
    )
    .filter((own) => own.length > 0);
  if (pictures.length < 2) {
    throw new EngineError(
      "data.empty",
      `A sweep: expected at least 2 labelled pictures to train on, of which one chooses, found ${pictures.length}`,
      { hint: 'The preset "quick" has one learning rate and chooses nothing.' },
    );
  }
  const order = new Draws(seed, purpose).shuffle([...pictures.keys()]);
  const count = Math.min(pictures.length - 1, Math.max(1, Math.round(part * pictures.length)));
  const choosing = new Set(order.slice(0, count));
  const of = (isChoosing: boolean) =>
    Int32Array.from(pictures.flatMap((own, i) => (choosing.has(i) === isChoosing ? own : [])));
  return { kept: of(false), left: of(true) };
}

/** The settings as a report lists them; its size stands beside. */
export function reportedSettings(settings: TrainedSettings, chosen: Rate): ReportSettings {
  const { rates, steps, batch, warmupSteps, beta1, beta2, clip, validation } = settings;
  return {
    learningRates: rates.map(({ learningRate }) => learningRate),
    weightDecays: rates.map(({ weightDecay }) => weightDecay),
    learningRate: chosen.learningRate,
    weightDecay: chosen.weightDecay,
    ...(rates.length > 1 ? { validation } : {}),
    steps,
    batch,
    warmupSteps,
    beta1,
    beta2,
    clip,
  };
}

/**
 * One count over stages of different work.
 * @param lengths of the stages
 * @param weights how much of the whole a unit of each stage is
 * @returns for each stage what is called with how much of it is done
 */
export function stages(
  progress: Measuring["progress"],
  lengths: readonly number[],
  weights: readonly number[],
): ((done: number) => void)[] {
  const sizes = lengths.map((length, i) => Math.round(length * weights[i]!));
  const total = sizes.reduce((a, b) => a + b, 0);
  return lengths.map((length, i) => {
    const before = sizes.slice(0, i).reduce((a, b) => a + b, 0);
    return (done) => {
      progress?.(before + Math.round((sizes[i]! * done) / Math.max(1, length)), total);
    };
  });
}
