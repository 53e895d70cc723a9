/**
 * Correspondence: how near to the truth the best matching patch lies, between two views of a scene
 * or two instances of a class (Probe3D, El Banani et al. 2024, arXiv:2404.08636; dinov3.md F.3).
 */
import type { LabelledSet, MatchedPair } from "../labels/labelled.ts";
import { EngineError } from "../protocol/errors.ts";
import type { FrozenFeatures } from "./frozen.ts";
import { bootstrap } from "./intervals.ts";
import type { InputSize } from "./input-size.ts";
import { densePoints, matchPoints, type Match, type MatchSettings } from "./matching.ts";
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
import type { ReportedNumber } from "./probe-report.ts";

export interface CorrespondenceSettings extends MatchSettings {
  readonly size: InputSize;
  /**
   * "given": every given point asks. "dense": every patch of the object that holds one, and of a
   * pair's matches those of largest cosine are kept.
   */
  readonly points: "given" | "dense";
  /** Matches of a pair that are kept when dense. */
  readonly kept: number;
  /** In parts of the pair's unit; a match is right at or below it. */
  readonly thresholds: readonly number[];
  /** The number that stands for the probe: recall at one threshold, or the mean over all. */
  readonly result: "mean" | number;
}

/** PCK: recall at a tenth of the longer side of the object's box. */
const semantic: CorrespondenceSettings = {
  size: { kind: "square", side: 896 },
  points: "given",
  kept: 1000,
  sampling: "bilinear",
  place: "centre",
  isRefined: false,
  thresholds: [0.05, 0.1, 0.15],
  result: 0.1,
};

/**
 * NAVI has recall at 1, 2 and 5 cm, averaged, of objects some 20 cm long: these parts of the unit
 * are as near to it as pictures without a camera allow.
 */
const geometric: CorrespondenceSettings = {
  ...semantic,
  size: { kind: "square", side: 512 },
  points: "dense",
  sampling: "patch",
  thresholds: [0.05, 0.1, 0.25],
  result: "mean",
};

/**
 * "spair" and "navi" are DINOv3's semantic and geometric probes, at patch 16. "probe3d" is "spair"
 * to the letter of Probe3D's code, which samples with align_corners and puts a patch at its upper
 * left corner: half a patch of bias. "views" asks every given point at several thresholds.
 */
export const correspondencePresets = {
  spair: semantic,
  navi: geometric,
  probe3d: { ...semantic, sampling: "bilinear-corners", place: "corner" },
  views: { ...geometric, points: "given", sampling: "bilinear" },
} as const satisfies Record<string, CorrespondenceSettings>;

export interface CorrespondenceDrawing {
  readonly first: string;
  readonly second: string;
  readonly matches: readonly Match[];
}

/**
 * Numbers: recall as the settings' result says, recall at each threshold, their mean, and the median
 * error. All points count alike, as in Probe3D; the intervals draw pairs.
 * @throws EngineError "option.invalid" for a result that is not measured; "data.empty" where no pair
 *   has a point; "cancelled"; what loading throws
 */
export async function measureCorrespondence(
  set: LabelledSet<"correspondence">,
  measuring: Measuring,
  protocol: Protocol<CorrespondenceSettings> = { preset: "spair", settings: semantic, seed: 0 },
): Promise<Measured<CorrespondenceDrawing>> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const { thresholds, result } = settings;
  if (result !== "mean" && !thresholds.includes(result)) {
    throw new EngineError(
      "option.invalid",
      `The result: expected "mean" or one of the thresholds, ${thresholds.join(", ")}, received ${result}`,
    );
  }
  const names: string[] = [];
  const errors: number[][] = [];
  const kept = new Drawings<CorrespondenceDrawing>();
  const picturesOf = ({ first, second }: MatchedPair) => [first, second];
  await eachItem(set.items, picturesOf, settings.size, measuring, async (pair, features, i) => {
    names[i] = `${pair.first.name} - ${pair.second.name}`;
    const matches = await matchesOf(pair, features, settings, measuring);
    errors[i] = matches.map(({ error }) => error);
    kept.keep(i, bytesOfMatch * matches.length, draw(pair, matches));
  });
  const asked = errors.reduce((sum, own) => sum + own.length, 0);
  refuseEmpty(asked, set.description, "at least one pair with a point");

  const right = thresholds.map((most) => errors.map((own) => own.filter((e) => e <= most).length));
  const recalls = (drawn: ArrayLike<number>): number[] => {
    const total = errors.reduce((sum, own, i) => sum + drawn[i]! * own.length, 0);
    const each = right.map(
      (own) => own.reduce((sum, count, i) => sum + drawn[i]! * count, 0) / total,
    );
    return [...each, each.reduce((sum, value) => sum + value, 0) / each.length];
  };
  const values = recalls(errors.map(() => 1));
  const intervals = bootstrap(errors.length, seed, recalls);
  const fraction = { unit: "fraction", isBetterHigher: true } as const;
  const labels = [...thresholds.map((most) => `recall at ${most}`), "mean recall"];
  const all: ReportedNumber[] = labels.map((name, k) => ({
    name,
    value: values[k]!,
    ...intervals[k],
    ...fraction,
  }));
  const main = all.at(result === "mean" ? -1 : thresholds.indexOf(result))!;
  const median: ReportedNumber = {
    name: "median error",
    value: middleOf(errors.flat()),
    unit: "none",
    isBetterHigher: false,
  };

  const cases = namedCases(
    errors.map((own) => scoreOf(own, settings)),
    true,
    (index) => names[index]!,
  );
  const drawings = await kept.of(cases, async (index) => {
    const pair = await set.items.load(index);
    const features = await featuresOf(picturesOf(pair), settings.size, measuring);
    return draw(pair, await matchesOf(pair, features, settings, measuring));
  });
  const { size, ...others } = settings;
  const report = assembleReport("correspondence", set, measuring, protocol, size, {
    settings: {
      ...others,
      thresholds: [...thresholds],
      pairs: errors.length,
      pointsMatched: asked,
    },
    numbers: [main, ...all.filter((number) => number !== main), median],
    cases,
    started,
  });
  return { report, drawings };
}

/** Three points and two numbers, as objects. */
const bytesOfMatch = 200;

function draw({ first, second }: MatchedPair, matches: readonly Match[]): CorrespondenceDrawing {
  return { first: first.name, second: second.name, matches };
}

async function matchesOf(
  pair: MatchedPair,
  features: readonly FrozenFeatures[],
  settings: CorrespondenceSettings,
  { programs, signal }: Measuring,
): Promise<Match[]> {
  const both = [features[0]!, features[1]!] as const;
  const points = settings.points === "dense" ? densePoints(pair, both[0]) : pair.points;
  if (points.length === 0) return [];
  const matches = await matchPoints(pair, points, both, settings, programs, signal);
  if (settings.points === "given") return matches;
  return matches.sort((a, b) => b.cosine - a.cosine).slice(0, settings.kept);
}

/** Of one pair, in the terms of the first number; NaN without a point. */
function scoreOf(
  errors: readonly number[],
  { thresholds, result }: CorrespondenceSettings,
): number {
  const counted = result === "mean" ? thresholds : [result];
  const recalls = counted.map((most) => errors.filter((e) => e <= most).length / errors.length);
  return recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
}

function middleOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
