/**
 * Linear depth: how well a linear map reads the distance of a pixel from frozen patches, as RMSE
 * (Siméoni et al. 2025, arXiv:2508.10104, Table 3; dinov3.md F.2).
 */
import type { DepthImage, LabelledSet } from "../labels/labelled.ts";
import { depthErrors, depthMeasures } from "./depth-errors.ts";
import {
  checkDepths,
  depthTask,
  expectedDepths,
  PatchDepths,
  type DepthBins,
} from "./depth-head.ts";
import { FeatureStore } from "./feature-store.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { bootstrapMeans } from "./intervals.ts";
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

export interface DepthSettings extends TrainedSettings {
  /** Depths that the head weighs, evenly spread over the set's range. */
  readonly bins: number;
}

/**
 * "paper" has the sweep of the paper with the steps, warm-up, second moment and clipping of the
 * official code; its crops and changes of brightness are left out, because features are computed
 * once, and so are the flipped second pass and the crop of the evaluation, which belong to NYU.
 * "quick" is one rate and few steps.
 */
export const depthPresets = {
  paper: {
    size: { kind: "square", side: 512 },
    rates: paperRates,
    steps: 38_400,
    batch: 16 * 1024,
    warmupSteps: 12_800,
    beta1: 0.9,
    beta2: 0.99,
    clip: 35,
    validation: 0.1,
    bins: 256,
  },
  quick: {
    size: { kind: "square", side: 224 },
    rates: [{ learningRate: 1e-3, weightDecay: 1e-4 }],
    steps: 1500,
    batch: 1024,
    warmupSteps: 100,
    beta1: 0.9,
    beta2: 0.99,
    clip: 35,
    validation: 0.1,
    bins: 256,
  },
} as const satisfies Record<string, DepthSettings>;

export interface DepthDrawing {
  readonly width: number;
  readonly height: number;
  /** float32 [height, width], metres. */
  readonly prediction: Float32Array;
}

export interface MeasuredDepth extends Measured<DepthDrawing> {
  readonly head: LinearHead;
}

/**
 * Numbers: those of depth-errors.ts, each the mean over test pictures of the picture's own, as the
 * benchmarks do; the intervals draw pictures. A case's score is its RMSE.
 * @throws EngineError "data.empty" where no depth of a split is known; "image.size" for depths that
 *   do not fit, "train.diverged"; "cancelled"; what loading throws
 */
export async function measureDepth(
  set: LabelledSet<"depth">,
  measuring: Measuring,
  protocol: Protocol<DepthSettings> = { preset: "quick", settings: depthPresets.quick, seed: 0 },
): Promise<MeasuredDepth> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const { train, test } = set.splits;
  const { backbone, programs } = measuring;
  const bins = { count: settings.bins, range: set.range };
  const [gathering, training, testing] = stages(
    measuring.progress,
    [train.count, settings.steps, test.count],
    [1, 0.05, 1],
  );

  const store = new FeatureStore(backbone.width);
  const labels = new PatchDepths();
  const gather = { ...measuring, progress: gathering };
  await eachItem(train, picturesOf, settings.size, gather, (item, [features]) => {
    labels.add(item, features!.rows, features!.cols, backbone.patch ** 2, bins);
    store.add(features!.patches);
  });
  const rows = Int32Array.from(Array(labels.count).keys()).filter((row) => labels.isLabelled(row));
  refuseEmpty(rows.length, `${set.description}, to train on`, "at least one known depth in range");
  const data = {
    store,
    rows,
    targets: (indices: Int32Array, out: Float32Array) => {
      labels.read(indices, out);
    },
  };
  const judge = () => patchJudge(labels, bins);
  const task = depthTask(bins);
  const chosen = await chooseHead(data, task, settings, seed, judge, measuring, training!);

  const names: string[] = [];
  const errors: number[][] = [];
  const evaluate = { ...measuring, progress: testing };
  await eachItem(test, picturesOf, settings.size, evaluate, async (item, [features], i) => {
    checkDepths(item);
    const prediction = await predictDepth(chosen.head, bins, features!, item.picture, programs);
    names[i] = item.picture.name;
    errors[i] = depthErrors(prediction, item.depth, set.range);
  });
  const known = errors.filter(([rmse]) => !Number.isNaN(rmse)).length;
  refuseEmpty(known, `${set.description}, to test on`, "at least one known depth in range");

  const columns = depthMeasures.map((_, k) => errors.map((own) => own[k]!));
  const intervals = bootstrapMeans(columns, seed);
  const numbers = depthMeasures.map((measure, k): ReportedNumber => ({
    ...measure,
    value: columns[k]!.reduce((sum, v) => (Number.isNaN(v) ? sum : sum + v), 0) / known,
    ...intervals[k],
  }));
  const cases = namedCases(columns[0]!, false, (index) => names[index]!);
  const drawings: DepthDrawing[] = [];
  for (const { index } of cases) {
    const { picture } = await test.load(index);
    const [features] = await featuresOf([picture], settings.size, measuring);
    const prediction = await predictDepth(chosen.head, bins, features!, picture, programs);
    drawings.push({ width: picture.width, height: picture.height, prediction });
  }
  const reported = {
    ...reportedSettings(settings, chosen.rate),
    bins: settings.bins,
    range: [...set.range],
  };
  const own = { started, settings: reported, numbers, cases };
  const report = assembleReport("depth", set, measuring, protocol, settings.size, own);
  return { report, drawings, head: chosen.head };
}

const picturesOf = ({ picture }: DepthImage) => [picture];

/** Depths of the patches, enlarged bilinearly to the picture: float32 [height, width], metres. */
export async function predictDepth(
  head: LinearHead,
  bins: DepthBins,
  { patches, rows, cols }: FrozenFeatures,
  { width, height }: { readonly width: number; readonly height: number },
  programs: PreparedPrograms,
): Promise<Float32Array> {
  const values = expectedDepths(await applyHead(head, patches, programs), bins);
  return upsample({ values, rows, cols, channels: 1 }, { width, height }, "bilinear");
}

/** RMSE at the resolution of patches, negated: higher is better. */
function patchJudge(labels: PatchDepths, bins: DepthBins): Judge {
  let [squares, weights] = [0, 0];
  return {
    add: (rows, outputs) => {
      const depths = expectedDepths(outputs, bins);
      rows.forEach((row, i) => {
        const { depth, weight } = labels.typical(row);
        squares += weight * (depths[i]! - depth) ** 2;
        weights += weight;
      });
    },
    score: () => -Math.sqrt(squares / weights),
  };
}
