/** What the probes without training share: what they run on, what they give back, how they read. */
import type { Items, Picture } from "../labels/labelled.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import type { FrozenBackbone, FrozenFeatures } from "./frozen.ts";
import { inputFor, type InputSize } from "./input-size.ts";
import { pickCases, reportVersion, type Place, type ProbeReport } from "./probe-report.ts";
import type { PreparedPrograms } from "./similarity.ts";

/** What a probe runs on. */
export interface Measuring {
  readonly backbone: FrozenBackbone;
  readonly programs: PreparedPrograms;
  readonly signal?: AbortSignal | undefined;
  /** Called after every item. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** How a probe measures. The same three give the same numbers. */
export interface Protocol<Settings> {
  /** Name of the settings: "paper", or another that the probe documents. */
  readonly preset: string;
  readonly settings: Settings;
  /** Of the intervals, and of what the probe draws. */
  readonly seed: number;
}

export interface Measured<Drawing> {
  readonly report: ProbeReport;
  /** One for each of the report's cases, in their order: what is needed to draw it. */
  readonly drawings: readonly Drawing[];
}

/** Full batches of the backbone have so many pictures. */
const picturesAtOnce = 8;

/** The features of each picture at its own input size; those of one size go together. */
export async function featuresOf(
  pictures: readonly Picture[],
  size: InputSize,
  { backbone, signal }: Pick<Measuring, "backbone" | "signal">,
): Promise<FrozenFeatures[]> {
  const groups = new Map<string, number[]>();
  pictures.forEach((picture, i) => {
    const { width, height } = inputFor(picture, size, backbone.patch);
    const key = `${width} ${height}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const features: FrozenFeatures[] = [];
  for (const indices of groups.values()) {
    const own = indices.map((i) => pictures[i]!);
    const input = inputFor(own[0]!, size, backbone.patch);
    const found = await backbone.features(own, input, signal);
    indices.forEach((index, i) => (features[index] = found[i]!));
  }
  return features;
}

/**
 * Visit every item with the features of its pictures, a batch of the backbone at a time.
 * @throws EngineError "cancelled" between two items, or what loading and the backbone throw
 */
export async function eachItem<Item>(
  items: Items<Item>,
  picturesOf: (item: Item) => readonly Picture[],
  size: InputSize,
  measuring: Measuring,
  visit: (item: Item, features: readonly FrozenFeatures[], index: number) => Promise<void> | void,
): Promise<void> {
  for (let start = 0; start < items.count;) {
    const batch: Item[] = [];
    const pictures: Picture[] = [];
    while (start + batch.length < items.count && pictures.length < picturesAtOnce) {
      throwIfAborted(measuring.signal, "Measuring");
      const item = await items.load(start + batch.length);
      batch.push(item);
      pictures.push(...picturesOf(item));
    }
    const features = await featuresOf(pictures, size, measuring);
    let next = 0;
    for (const [i, item] of batch.entries()) {
      throwIfAborted(measuring.signal, "Measuring");
      const own = features.slice(next, (next += picturesOf(item).length));
      await visit(item, own, start + i);
      measuring.progress?.(start + i + 1, items.count);
    }
    start += batch.length;
  }
}

/** Of what can be drawn so much is kept until it is known which cases are; more is made again. */
const mostKeptBytes = 128 * 2 ** 20;

/** What can be drawn of each item, as far as there is room. */
export class Drawings<Drawing> {
  private readonly kept = new Map<number, Drawing>();
  private bytes = 0;

  keep(index: number, bytes: number, drawing: Drawing): void {
    if (this.bytes + bytes > mostKeptBytes) return;
    this.bytes += bytes;
    this.kept.set(index, drawing);
  }

  /** @param again makes the drawing of an item that was not kept */
  async of(
    cases: readonly { readonly index: number }[],
    again: (index: number) => Promise<Drawing>,
  ): Promise<Drawing[]> {
    const drawings: Drawing[] = [];
    for (const { index } of cases) drawings.push(this.kept.get(index) ?? (await again(index)));
    return drawings;
  }
}

/** The report of a probe, with what all of them say alike. @param started performance.now() then */
export function assembleReport<Settings>(
  probe: ProbeReport["probe"],
  set: { readonly description: string; readonly fingerprint: string },
  { backbone }: Measuring,
  { preset, seed }: Protocol<Settings>,
  size: InputSize,
  own: Pick<ProbeReport, "settings" | "numbers" | "cases"> & { readonly started: number },
): ProbeReport {
  const { started, settings, numbers, cases } = own;
  const side = "side" in size ? size.side : null;
  return {
    version: reportVersion,
    probe,
    model: { name: backbone.name, fingerprint: backbone.fingerprint },
    data: { description: set.description, fingerprint: set.fingerprint },
    preset,
    settings: { size: size.kind, side, ...settings },
    seed,
    numbers,
    cases,
    elapsedSeconds: (performance.now() - started) / 1000,
  };
}

/** The cases to draw, as the report lists them. @param nameOf of an item */
export function namedCases(
  scores: ArrayLike<number>,
  isBetterHigher: boolean,
  nameOf: (index: number) => string,
): { name: string; score: number; place: Place; index: number }[] {
  return pickCases(scores, isBetterHigher).map(({ place, index, score }) => ({
    name: nameOf(index),
    score,
    place,
    index,
  }));
}

/** @throws EngineError "data.empty" where a set has nothing that can be measured */
export function refuseEmpty(count: number, description: string, expected: string): void {
  if (count > 0) return;
  throw new EngineError("data.empty", `${description}: expected ${expected}, found none`, {
    hint: "See the layouts of labelled data in the documentation, and look at what was read.",
  });
}
