/** Object discovery: whether the box of TokenCut meets one of the boxes given (dinov3.md F.3). */
import type { Box, BoxedImage, LabelledSet } from "../labels/labelled.ts";
import { bootstrap, proportionInterval } from "./intervals.ts";
import type { InputSize } from "./input-size.ts";
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
import { boxOverlap, cutObject, type Cut } from "./token-cut.ts";

export interface DiscoverySettings {
  readonly size: InputSize;
  /** Thresholds of the cosine; each is a measurement, and the best one is the result. */
  readonly taus: readonly number[];
  /** Weight of an edge below the threshold. */
  readonly epsilon: number;
  /** A box is right above this intersection over union; LOST's and TokenCut's code has "or equal". */
  readonly overlap: number;
}

const paper: DiscoverySettings = {
  size: { kind: "native" },
  taus: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4],
  epsilon: 1e-5,
  overlap: 0.5,
};

/**
 * "paper" sweeps the threshold at the picture's own size, as DINOv3 does; "tokencut" has the one
 * threshold of the method's authors.
 */
export const discoveryPresets = { paper, tokencut: { ...paper, taus: [0.2] } } as const;

export interface DiscoveryDrawing {
  readonly cut: Cut;
  readonly boxes: readonly Box[];
  /** Of the cut's box with the box that it meets best. */
  readonly overlap: number;
}

/**
 * Numbers: CorLoc of the best threshold, whose interval takes the choice into account; CorLoc of
 * each threshold; mean overlap at the best one. Pictures without a box are left out.
 * @throws EngineError "data.empty" where no picture has a box; "cancelled"; what loading throws
 */
export async function measureDiscovery(
  set: LabelledSet<"discovery">,
  measuring: Measuring,
  protocol: Protocol<DiscoverySettings> = { preset: "paper", settings: paper, seed: 0 },
): Promise<Measured<DiscoveryDrawing>> {
  const started = performance.now();
  const { settings, seed } = protocol;
  const { taus, overlap: least } = settings;
  const names: string[] = [];
  // [taus][items]; NaN without boxes
  const overlaps = taus.map(() => new Float64Array(set.items.count).fill(Number.NaN));
  let inexact = 0;
  const kept = new Drawings<{ cuts: readonly Cut[]; boxes: readonly Box[] }>();
  const cut = ({ picture }: BoxedImage, features: Parameters<typeof cutObject>[0]) =>
    cutObject(features, picture, settings, measuring.programs, measuring.signal);
  const picturesOf = (item: BoxedImage) => [item.picture];
  await eachItem(set.items, picturesOf, settings.size, measuring, async (item, [features], i) => {
    names[i] = item.picture.name;
    if (item.boxes.length === 0) return;
    const cuts = await cut(item, features!);
    cuts.forEach(({ box, converged }, t) => {
      overlaps[t]![i] = bestOverlap(box, item.boxes);
      if (!converged) inexact++;
    });
    // Eight bytes of eigenvector and one of mask a patch.
    kept.keep(i, 9 * taus.length * cuts[0]!.mask.length, { cuts, boxes: item.boxes });
  });

  const measured = Array.from(names.keys()).filter((i) => !Number.isNaN(overlaps[0]![i]!));
  refuseEmpty(measured.length, set.description, "at least one picture with a box");
  const rightAt = (t: number) => measured.map((i) => (overlaps[t]![i]! > least ? 1 : 0));
  const right = taus.map((_, t) => rightAt(t));
  const counts = right.map((own) => own.filter((value) => value === 1).length);
  const best = counts.indexOf(Math.max(...counts));
  const [chosen] = bootstrap(measured.length, seed, (drawn) => [
    Math.max(
      ...right.map((own) => own.reduce<number>((sum, value, i) => sum + value * drawn[i]!, 0)),
    ) / measured.length,
  ]);
  const meanOverlap = measured.reduce((sum, i) => sum + overlaps[best]![i]!, 0) / measured.length;
  const fraction = { unit: "fraction", isBetterHigher: true } as const;
  const numbers: ReportedNumber[] = [
    { name: "CorLoc", value: counts[best]! / measured.length, ...chosen, ...fraction },
    ...taus.map((tau, t) => ({
      name: `CorLoc, tau = ${tau}`,
      value: counts[t]! / measured.length,
      ...proportionInterval(counts[t]!, measured.length),
      ...fraction,
    })),
    { name: "mean IoU of the box", value: meanOverlap, ...fraction },
  ];
  const cases = namedCases(overlaps[best]!, true, (index) => names[index]!);
  const drawings = await kept.of(cases, async (index) => {
    const item = await set.items.load(index);
    const [features] = await featuresOf([item.picture], settings.size, measuring);
    return { cuts: await cut(item, features!), boxes: item.boxes };
  });
  const report = assembleReport("discovery", set, measuring, protocol, settings.size, {
    settings: {
      taus: [...taus],
      bestTau: taus[best]!,
      epsilon: settings.epsilon,
      overlap: least,
      pictures: measured.length,
      picturesWithoutBox: set.items.count - measured.length,
      unconvergedCuts: inexact,
    },
    numbers,
    cases,
    started,
  });
  const chosenCuts = drawings.map(({ cuts, boxes }, k) => ({
    cut: cuts[best]!,
    boxes,
    overlap: cases[k]!.score,
  }));
  return { report, drawings: chosenCuts };
}

function bestOverlap(box: Box, boxes: readonly Box[]): number {
  return Math.max(...boxes.map((other) => boxOverlap(box, other)));
}
