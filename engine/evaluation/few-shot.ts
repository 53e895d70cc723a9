/**
 * Foreground from a few labelled pictures: logistic regression on patches that lie wholly inside or
 * outside, its C chosen by leaving pictures out (DINOv3's notebook; dinov3.md F.2).
 */
import type { LabelledSet, SegmentedImage } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";
import { averagePrecision } from "./average-precision.ts";
import {
  joined,
  keptPatches,
  overlapOf,
  segment,
  type ForegroundMap,
  type ForegroundSettings,
  type KeptPatches,
} from "./foreground-patches.ts";
import { bootstrap, bootstrapMeans } from "./intervals.ts";
import type { InputSize } from "./input-size.ts";
import { LogisticProblem, logisticScores, type LogisticModel } from "./logistic-regression.ts";
import {
  assembleReport,
  Drawings,
  eachItem,
  featuresOf,
  namedCases,
  refuseEmpty,
  type Measured,
  type Measuring,
  type Protocol,
} from "./measuring.ts";
import { checkMask } from "./patch-labels.ts";
import type { ReportedNumber } from "./probe-report.ts";

export interface FewShotSettings extends Omit<ForegroundSettings, "foreground"> {
  /** Names of the classes that are foreground; "objects" is every class but the first. */
  readonly foreground: readonly string[] | "objects";
  readonly size: InputSize;
  /** Pictures of the train split that are labelled; drawn by the seed. */
  readonly shots: number;
  /** Tried from the smallest to the largest. */
  readonly cs: readonly number[];
  /**
   * The C of the result: this, or the best by leaving one picture out. Of equals the largest: average
   * precision looks at ranks alone, and the smaller C is, the less the scores part at a half.
   */
  readonly finalC: "best" | number;
}

/** Ten times as near as scikit-learn stops: ranks do not change any more. */
const rankingTolerance = 1e-5;
/** Keys the draws of the labelled pictures. */
const purpose = 0xf5;

const paper: FewShotSettings = {
  size: { kind: "shortSide", side: 768 },
  shots: 9,
  foreground: "objects",
  kept: [0.01, 0.99],
  cs: [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1],
  finalC: "best",
  median: 3,
};

/** "paper" chooses C by its curve; "notebook" has the C that its authors read off theirs. */
export const fewShotPresets = {
  paper,
  notebook: { ...paper, finalC: 0.1 },
  small: { ...paper, size: { kind: "native" } },
} as const satisfies Record<string, FewShotSettings>;

/**
 * Numbers: IoU of the foreground over the pixels of all test pictures; mean over them of the average
 * precision of their kept patches; the same by leaving one labelled picture out, for each C.
 * @throws EngineError "data.empty" where a side or a test picture is missing; "image.size" or
 *   "option.invalid" for a mask that does not fit its picture or the classes; "cancelled"
 */
export async function measureFewShot(
  set: LabelledSet<"segmentation">,
  measuring: Measuring,
  protocol: Protocol<FewShotSettings> = { preset: "paper", settings: paper, seed: 0 },
): Promise<Measured<ForegroundMap>> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const { train, test } = set.splits;
  const foreground = classesOf(settings.foreground, set.classes);
  const patchSettings: ForegroundSettings = { ...settings, foreground };
  const chosen = drawShots(train.count, settings.shots, seed);
  const shots: KeptPatches[] = [];
  for (const index of chosen) {
    const item = await train.load(index);
    checkMask(item, set.classes.length);
    const [features] = await featuresOf([item.picture], settings.size, measuring);
    shots.push(keptPatches(features!, item, patchSettings));
  }
  for (const [label, name] of [
    [0, "background"],
    [1, "foreground"],
  ] as const) {
    const count = shots.filter(({ labels }) => labels.includes(label)).length;
    refuseEmpty(count, set.description, `a labelled picture with patches wholly in the ${name}`);
  }
  const curve = await leaveOneOut(shots, settings.cs, measuring);
  const c = settings.finalC === "best" ? bestOf(settings.cs, curve) : settings.finalC;
  const all = joined(shots);
  const problem = new LogisticProblem(all.rows, all.labels);
  const model = await problem.fit({ c, signal: measuring.signal });

  const names: string[] = [];
  const kept = new Drawings<ForegroundMap>();
  const precisions: number[] = [];
  const inter: number[] = [];
  const union: number[] = [];
  const picturesOf = (item: SegmentedImage) => [item.picture];
  await eachItem(test, picturesOf, settings.size, measuring, (item, [features], i) => {
    names[i] = item.picture.name;
    checkMask(item, set.classes.length);
    const { rows, labels } = keptPatches(features!, item, patchSettings);
    precisions[i] = averagePrecision(logisticScores(rows, model), labels) ?? Number.NaN;
    const map = segment(features!, item, model, patchSettings);
    [inter[i], union[i]] = overlapOf(map.mask, map.truth);
    kept.keep(i, 4 * map.scores.length + 2 * map.mask.length, map);
  });
  refuseEmpty(test.count, set.description, "at least one picture to test on");

  const pooled = (drawn: ArrayLike<number>): number =>
    inter.reduce((sum, count, i) => sum + drawn[i]! * count, 0) /
    union.reduce((sum, count, i) => sum + drawn[i]! * count, 0);
  const [iouInterval] = bootstrap(inter.length, seed, (drawn) => [pooled(drawn)]);
  const [precisionInterval] = bootstrapMeans([precisions], seed);
  const fraction = { unit: "fraction", isBetterHigher: true } as const;
  const numbers: ReportedNumber[] = [
    { name: "foreground IoU", value: pooled(inter.map(() => 1)), ...iouInterval, ...fraction },
    { name: "average precision", value: meanOf(precisions), ...precisionInterval, ...fraction },
    ...settings.cs.map((own, k) => ({
      name: `leave-one-out AP, C = ${own}`,
      value: curve[k]!,
      ...fraction,
    })),
  ].filter(({ value }) => !Number.isNaN(value));
  const cases = namedCases(
    inter.map((count, i) => count / union[i]!),
    true,
    (index) => names[index]!,
  );
  const drawings = await kept.of(cases, async (index) => {
    const item = await test.load(index);
    const [features] = await featuresOf([item.picture], settings.size, measuring);
    return segment(features!, item, model, patchSettings);
  });
  const { size, ...others } = settings;
  const report = assembleReport("few-shot", set, measuring, protocol, size, {
    settings: {
      ...others,
      foreground: foreground.map((label) => set.classes[label]!),
      kept: [...settings.kept],
      cs: [...settings.cs],
      c,
      labelledPictures: [...chosen],
      labelledPatches: all.rows.count,
      isConverged: model.converged,
    },
    numbers,
    cases,
    started,
  });
  return { report, drawings };
}

function classesOf(wanted: FewShotSettings["foreground"], classes: readonly string[]): number[] {
  if (wanted === "objects") return Array.from(classes.keys()).slice(1);
  return wanted.map((name) => {
    const label = classes.indexOf(name);
    if (label >= 0) return label;
    throw new EngineError(
      "option.invalid",
      `The foreground: expected names of classes, ${classes.join(", ")}; received ${name}`,
    );
  });
}

/** Which pictures of the train split are labelled. */
function drawShots(count: number, shots: number, seed: number): number[] {
  const order = new Draws(seed, purpose).shuffle(Array.from({ length: count }, (_, i) => i));
  return order.slice(0, shots).sort((a, b) => a - b);
}

/** Mean average precision of the picture left out, for each C; NaN where no picture can be. */
async function leaveOneOut(
  shots: readonly KeptPatches[],
  cs: readonly number[],
  { signal }: Measuring,
): Promise<number[]> {
  const found = cs.map((): number[] => []);
  for (const [i, { rows, labels }] of shots.entries()) {
    const rest = joined(shots.filter((_, other) => other !== i));
    // Neither side may be missing, to learn from or to be judged by.
    if (!labels.includes(1) || !rest.labels.includes(0) || !rest.labels.includes(1)) continue;
    const problem = new LogisticProblem(rest.rows, rest.labels);
    let start: LogisticModel | undefined;
    for (const [k, c] of cs.entries()) {
      start = await problem.fit({ c, start, signal, tolerance: rankingTolerance });
      found[k]!.push(averagePrecision(logisticScores(rows, start), labels)!);
    }
  }
  return found.map(meanOf);
}

function bestOf(cs: readonly number[], curve: readonly number[]): number {
  const best = curve.reduce((most, ap) => (ap > most ? ap : most), Number.NEGATIVE_INFINITY);
  const at = curve.lastIndexOf(best);
  if (at >= 0) return cs[at]!;
  throw new EngineError(
    "data.empty",
    "The best C: expected two labelled pictures or more with patches wholly in the foreground, found fewer",
    { hint: "Label more pictures, or give C." },
  );
}

function meanOf(values: readonly number[]): number {
  const own = values.filter((value) => !Number.isNaN(value));
  return own.reduce((sum, value) => sum + value, 0) / own.length;
}
