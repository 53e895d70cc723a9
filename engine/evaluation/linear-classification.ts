/**
 * Linear classification: how much of a picture's class a linear map reads from its frozen features
 * (Siméoni et al. 2025, arXiv:2508.10104, Table 7; dinov3.md F.2).
 */
import type { LabelledSet } from "../labels/labelled.ts";
import { pickRows, type Rows } from "../probes/rows.ts";
import { Draws } from "../random/draws.ts";
import {
  accuracyNumber,
  accuracyPerClass,
  gatherClassed,
  largestOf,
  type ClassedDrawing,
  type ClassedFeatures,
  type PictureFeatures,
} from "./classified-features.ts";
import { crossEntropyTask } from "./cross-entropy-task.ts";
import { FeatureStore } from "./feature-store.ts";
import type { InputSize } from "./input-size.ts";
import { applyHead, foldMoments, type LinearHead } from "./linear-head.ts";
import {
  assembleReport,
  namedCases,
  refuseEmpty,
  type Measured,
  type Measuring,
  type Protocol,
} from "./measuring.ts";
import { fitMultinomial } from "./multinomial.ts";
import type { ReportSettings } from "./probe-report.ts";
import type { HeadTraining } from "./train-head.ts";
import { chooseHead, reportedSettings, stages } from "./trained-probe.ts";

export interface LinearSettings {
  readonly size: InputSize;
  readonly features: PictureFeatures;
  /** Part of the pictures to train on that chooses within a sweep. */
  readonly validation: number;
  readonly solver:
    | ({ readonly kind: "sgd" } & HeadTraining)
    /** Logistic regression on standardised features; `cs` as scikit-learn's C. */
    | { readonly kind: "logistic"; readonly cs: readonly number[]; readonly maxIterations: number };
}

/** 15 learning rates from 1e-4 to 5 and two weight decays. */
const sgdRates = [1e-4, 1e-3, 1e-2, 0.1, 1]
  .flatMap((decade) => [decade, 2 * decade, 5 * decade])
  .flatMap((learningRate) => [0, 1e-5].map((weightDecay) => ({ learningRate, weightDecay })));

/**
 * "paper" has DINOv3's sweep with SGD, momentum 0.9, 10 epochs of 1250 batches of 1024 pictures; a
 * part of the training pictures chooses, and pictures are not cropped, because features are computed
 * once. "quick" is logistic regression, which has one answer and needs no learning rate; a part of
 * the training pictures chooses C, then all of them are fitted.
 */
export const linearPresets = {
  paper: {
    size: { kind: "square", side: 512 },
    features: "cls",
    validation: 0.1,
    solver: {
      kind: "sgd",
      optimiser: "sgd",
      isRaw: true,
      rates: sgdRates,
      steps: 12_500,
      batch: 1024,
      warmupSteps: 0,
      beta1: 0.9,
      beta2: 0,
      clip: 0,
    },
  },
  quick: {
    size: { kind: "square", side: 224 },
    features: "cls",
    validation: 0.2,
    solver: { kind: "logistic", cs: [1e-4, 1e-3, 1e-2, 0.1, 1], maxIterations: 500 },
  },
} as const satisfies Record<string, LinearSettings>;

/** Keys the draw of the pictures that choose C. */
const purpose = 0xc0de;

/** On the gradient of the mean loss: what float32 sums leave to be seen. */
const tolerance = 1e-5;

/**
 * Numbers: top-1. The score of a case is the probability of its own class.
 * @throws EngineError "data.empty" for too few pictures; "option.invalid" for a class outside the
 *   declared ones; "train.diverged"; "cancelled"; what loading throws
 */
export async function measureLinear(
  set: LabelledSet<"classification">,
  measuring: Measuring,
  protocol: Protocol<LinearSettings> = { preset: "quick", settings: linearPresets.quick, seed: 0 },
): Promise<Measured<ClassedDrawing> & { readonly head: LinearHead }> {
  const started = performance.now();
  const { size, features, solver, validation } = protocol.settings;
  const { classes } = set;
  const { train, test } = set.splits;
  refuseEmpty(train.count >= 2 ? 1 : 0, `${set.description}, to train on`, "at least two pictures");
  refuseEmpty(test.count, `${set.description}, to test on`, "at least one picture");
  const steps = solver.kind === "sgd" ? solver.steps : solver.cs.length + 1;
  const [first, second, fitting] = stages(
    measuring.progress,
    [train.count, test.count, steps],
    [1, 1, solver.kind === "sgd" ? 0.05 : 1],
  );
  const gather = (items: typeof train, progress: typeof first) =>
    gatherClassed(items, classes.length, features, size, { ...measuring, progress });
  const known = await gather(train, first);
  const asked = await gather(test, second);

  const fit = solver.kind === "sgd" ? fitBySgd : fitLogistic;
  const { head, chosen } = await fit(known, classes.length, protocol, measuring, fitting!);
  const outputs = await applyHead(head, asked.rows.data, measuring.programs);
  const predictions = predictionsOf(outputs, classes.length);
  const numbers = [accuracyNumber("top-1", predictions, asked.labels)];
  const own = asked.labels.length;
  const scores = Float64Array.from({ length: own }, (_, i) =>
    probability(outputs.subarray(i * classes.length, (i + 1) * classes.length), asked.labels[i]!),
  );
  const cases = namedCases(scores, true, (index) => asked.names[index]!);
  const drawings = cases.map(({ index }) => ({
    label: asked.labels[index]!,
    prediction: predictions[index]!,
  }));
  const settings = { features, solver: solver.kind, validation, ...chosen };
  const report = {
    ...assembleReport("linear", set, measuring, protocol, size, {
      started,
      settings,
      numbers,
      cases,
    }),
    perClass: accuracyPerClass(classes, predictions, asked.labels),
  };
  return { report, drawings, head };
}

interface Fitted {
  readonly head: LinearHead;
  readonly chosen: ReportSettings;
}

async function fitBySgd(
  { rows, labels }: ClassedFeatures,
  classes: number,
  { settings, seed }: Protocol<LinearSettings>,
  measuring: Measuring,
  progress: (done: number) => void,
): Promise<Fitted> {
  if (settings.solver.kind !== "sgd") throw new Error("internal: not SGD");
  const store = storeOf(rows);
  const data = {
    store,
    rows: Int32Array.from(labels.keys()),
    targets: (indices: Int32Array, out: Float32Array) => {
      out.fill(0);
      indices.forEach((row, i) => (out[i * classes + labels[row]!] = 1));
    },
  };
  const judge = () => {
    let right = 0;
    return {
      add: (indices: Int32Array, outputs: Float32Array) => {
        const predictions = predictionsOf(outputs, classes);
        indices.forEach((row, i) => (right += predictions[i] === labels[row] ? 1 : 0));
      },
      score: () => right,
    };
  };
  const sweep = { ...settings.solver, size: settings.size, validation: settings.validation };
  const task = crossEntropyTask(classes);
  const { head, rate } = await chooseHead(data, task, sweep, seed, judge, measuring, progress);
  return { head, chosen: reportedSettings(sweep, rate) };
}

/**
 * C by the likelihood of the pictures that are left out, which tells more than how many are right
 * where they are few; then over all pictures.
 */
async function fitLogistic(
  { rows, labels }: ClassedFeatures,
  classes: number,
  { settings, seed }: Protocol<LinearSettings>,
  { programs, signal }: Measuring,
  progress: (done: number) => void,
): Promise<Fitted> {
  if (settings.solver.kind !== "logistic") throw new Error("internal: not logistic regression");
  const { cs, maxIterations } = settings.solver;
  const moments = storeOf(rows).moments();
  const standard = rows.data.map((value, at) => {
    const j = at % rows.width;
    return (value - moments.mean[j]!) * moments.scale[j]!;
  });
  const all = { ...rows, data: standard };
  const order = new Draws(seed, purpose).shuffle([...labels.keys()]);
  const count = Math.min(rows.count - 1, Math.max(1, Math.round(settings.validation * rows.count)));
  const [left, kept] = [order.slice(0, count), order.slice(count)];
  const options = { tolerance, maxIterations, signal };
  const labelsOf = (indices: readonly number[]) => indices.map((i) => labels[i]!);
  let [best, bestScore] = [cs[0]!, -Infinity];
  let start: LinearHead | undefined;
  const [trainRows, leftRows] = [pickRows(all, kept), pickRows(all, left)];
  for (const [i, c] of [...cs].sort((a, b) => a - b).entries()) {
    start = await fitMultinomial(trainRows, labelsOf(kept), classes, programs, {
      ...options,
      c,
      start,
    });
    const outputs = await applyHead(start, leftRows.data, programs);
    const score = left.reduce((sum, row, k) => {
      const own = outputs.subarray(k * classes, (k + 1) * classes);
      return sum + Math.log(Math.max(probability(own, labels[row]!), 1e-30));
    }, 0);
    if (score > bestScore) [best, bestScore] = [c, score];
    progress(i + 1);
  }
  const head = await fitMultinomial(all, labels, classes, programs, { ...options, c: best, start });
  progress(cs.length + 1);
  return { head: foldMoments(head, moments), chosen: { cs: [...cs], c: best, maxIterations } };
}

function storeOf(rows: Rows): FeatureStore {
  const store = new FeatureStore(rows.width);
  for (let i = 0; i < rows.count; i++) {
    store.add(rows.data.subarray(i * rows.width, (i + 1) * rows.width));
  }
  return store;
}

function predictionsOf(outputs: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: outputs.length / classes }, (_, i) =>
    largestOf(outputs, i * classes, classes),
  );
}

/** softmax(logits)[label] */
function probability(logits: Float32Array, label: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - most), 0);
  return Math.exp(logits[label]! - most) / total;
}
