/**
 * Linear segmentation: how much of a pixel's class a linear map can read from frozen patches, as
 * mIoU (Siméoni et al. 2025, arXiv:2508.10104, Table 3; dinov3.md F.2).
 */
import type { LabelledSet, SegmentedImage } from "../labels/labelled.ts";
import {
  countPixels,
  intersectionOverUnion,
  meanClassAccuracy,
  meanIou,
  meanIouOfPresent,
  noCounts,
  pixelAccuracy,
  sumCounts,
  type ClassCounts,
} from "./class-counts.ts";
import { crossEntropyTask } from "./cross-entropy-task.ts";
import { FeatureStore } from "./feature-store.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { bootstrap } from "./intervals.ts";
import { applyHead, type LinearHead } from "./linear-head.ts";
import {
  assembleReport,
  eachItem,
  featuresOf,
  namedCases,
  refuseEmpty,
  type Measured,
  type Measuring,
  type Protocol,
} from "./measuring.ts";
import { checkMask, PatchLabels } from "./patch-labels.ts";
import type { ReportedNumber } from "./probe-report.ts";
import type { PreparedPrograms } from "./similarity.ts";
import {
  chooseHead,
  paperRates,
  reportedSettings,
  stages,
  type Judge,
  type TrainedSettings,
} from "./trained-probe.ts";
import { upsample } from "./upsample.ts";

/**
 * "paper" has the sweep, the steps and the warm-up of DINOv3's linear probe, with 16 pictures' worth
 * of patches a step; its crops, flips and dropout are left out, because features are computed once.
 * "quick" is one rate and few steps: enough on some hundred pictures, and the same for every
 * checkpoint of a run.
 *
 * The paper's loss compares pixels with logits that are enlarged to them. Here the loss of a patch is
 * the cross-entropy with the parts of its classes, which is to the letter the mean over its pixels
 * where logits are enlarged by repetition: -sum over pixels of log p(class) = -sum over classes of
 * (pixels of the class) log p. It is a thousand times cheaper than going through pixels. What is
 * measured does go through pixels, with logits enlarged bilinearly.
 */
export const segmentationPresets = {
  paper: {
    size: { kind: "square", side: 512 },
    rates: paperRates,
    steps: 40_000,
    batch: 16 * 1024,
    warmupSteps: 1500,
    beta1: 0.9,
    beta2: 0.999,
    clip: 0,
    validation: 0.1,
  },
  quick: {
    size: { kind: "square", side: 224 },
    rates: [{ learningRate: 1e-3, weightDecay: 1e-4 }],
    steps: 2000,
    batch: 1024,
    warmupSteps: 50,
    beta1: 0.9,
    beta2: 0.999,
    clip: 0,
    validation: 0.1,
  },
} as const satisfies Record<string, TrainedSettings>;

export interface SegmentationDrawing {
  readonly width: number;
  readonly height: number;
  /** [height, width], a class a pixel. */
  readonly prediction: Uint8Array;
}

export interface MeasuredSegmentation extends Measured<SegmentationDrawing> {
  /** float64 [classes, classes], pixels by truth and prediction. */
  readonly confusion: Float64Array;
  readonly head: LinearHead;
}

/**
 * Numbers: mIoU, pixel accuracy, mean class accuracy, pooled over all test pictures; the intervals
 * draw pictures. The score of a case is the mean IoU over the classes of that picture.
 * @throws EngineError "data.empty" where no pixel of a split is labelled; "image.size" and
 *   "option.invalid" for a mask that does not fit, "train.diverged"; "cancelled"; what loading throws
 */
export async function measureSegmentation(
  set: LabelledSet<"segmentation">,
  measuring: Measuring,
  protocol: Protocol<TrainedSettings> = {
    preset: "quick",
    settings: segmentationPresets.quick,
    seed: 0,
  },
): Promise<MeasuredSegmentation> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const { programs } = measuring;
  const { train, test } = set.splits;
  const classes = set.classes.length;
  const [gathering, training, testing] = stages(
    measuring.progress,
    [train.count, settings.steps, test.count],
    [1, 0.05, 1],
  );

  const store = new FeatureStore(measuring.backbone.width);
  const labels = new PatchLabels(classes);
  const gather = { ...measuring, progress: gathering };
  await eachItem(train, picturesOf, settings.size, gather, (item, [features]) => {
    labels.add(item, features!.rows, features!.cols);
    store.add(features!.patches);
  });
  const rows = Int32Array.from(Array(labels.count).keys()).filter((row) => labels.isLabelled(row));
  refuseEmpty(rows.length, `${set.description}, to train on`, "at least one labelled pixel");
  const data = {
    store,
    rows,
    targets: (indices: Int32Array, out: Float32Array) => {
      labels.read(indices, out);
    },
  };
  const task = crossEntropyTask(classes);
  const judge = () => patchJudge(labels);
  const chosen = await chooseHead(data, task, settings, seed, judge, measuring, training!);

  const names: string[] = [];
  const counts: ClassCounts[] = [];
  const confusion = new Float64Array(classes * classes);
  const evaluate = { ...measuring, progress: testing };
  await eachItem(test, picturesOf, settings.size, evaluate, async (item, [features], i) => {
    checkMask(item, classes);
    const prediction = await predictMask(chosen.head, features!, item.picture, programs);
    names[i] = item.picture.name;
    counts[i] = countPixels(item.mask, prediction, classes, confusion);
  });
  const total = sumCounts(counts, classes);
  const labelled = total.truth.reduce((a, b) => a + b, 0);
  refuseEmpty(labelled, `${set.description}, to test on`, "at least one labelled pixel");

  const statistics = (drawn?: ArrayLike<number>) => {
    const sum = drawn ? sumCounts(counts, classes, drawn) : total;
    return [meanIou(sum), pixelAccuracy(sum), meanClassAccuracy(sum)];
  };
  const intervals = bootstrap(counts.length, seed, statistics);
  const values = statistics();
  const numbers = ["mIoU", "pixel accuracy", "mean class accuracy"].map(
    (name, k): ReportedNumber => ({
      name,
      value: values[k]!,
      ...intervals[k],
      unit: "fraction",
      isBetterHigher: true,
    }),
  );
  const cases = namedCases(counts.map(meanIouOfPresent), true, (index) => names[index]!);
  const drawings: SegmentationDrawing[] = [];
  for (const { index } of cases) {
    const { picture } = await test.load(index);
    const [features] = await featuresOf([picture], settings.size, measuring);
    const prediction = await predictMask(chosen.head, features!, picture, programs);
    drawings.push({ width: picture.width, height: picture.height, prediction });
  }
  const reported = reportedSettings(settings, chosen.rate);
  const own = { started, settings: reported, numbers, cases };
  const iou = intersectionOverUnion(total);
  const report = {
    ...assembleReport("segmentation", set, measuring, protocol, settings.size, own),
    perClass: set.classes.map((name, c) => ({ name, value: nullWhereNone(iou[c]!) })),
  };
  return { report, drawings, confusion, head: chosen.head };
}

const picturesOf = ({ picture }: SegmentedImage) => [picture];

const nullWhereNone = (value: number) => (Number.isNaN(value) ? null : value);

/** Logits of the patches, enlarged bilinearly to the picture, and the largest of them. */
export async function predictMask(
  head: LinearHead,
  { patches, rows, cols }: FrozenFeatures,
  { width, height }: { readonly width: number; readonly height: number },
  programs: PreparedPrograms,
): Promise<Uint8Array> {
  const channels = head.outputs;
  const values = await applyHead(head, patches, programs);
  const logits = upsample({ values, rows, cols, channels }, { width, height }, "bilinear");
  return Uint8Array.from({ length: width * height }, (_, i) =>
    largest(logits, i * channels, channels),
  );
}

/** Of `count` values from `from` on; the first of equals. */
function largest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let c = 1; c < count; c++) if (values[from + c]! > values[from + best]!) best = c;
  return best;
}

/** Mean IoU at the resolution of patches, each counted by the parts of its classes. */
function patchJudge(labels: PatchLabels): Judge {
  const { classes } = labels;
  const total = noCounts(classes);
  return {
    add: (rows, outputs) => {
      rows.forEach((row, i) => {
        const given = largest(outputs, i * classes, classes);
        labels.each(row, (c, part) => {
          total.truth[c]! += part;
          total.predicted[given]! += part;
          if (c === given) total.right[c]! += part;
        });
      });
    },
    score: () => meanIou(total),
  };
}
