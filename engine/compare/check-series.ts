/** Whether checkpoints make a timeline: at least two that were trained, all of one architecture. */
import { asVit, traitsOf } from "../model/config.ts";
import { dinov3Traits, type Traits } from "../model/traits.ts";
import { EngineError } from "../protocol/errors.ts";
import { families } from "../weights/families.ts";
import type { ModelFiles } from "../weights/open-model.ts";
import type { Candidate } from "./candidates.ts";

export interface OpenedCandidate {
  readonly candidate: Candidate;
  readonly files: ModelFiles;
}

/** What makes two networks incomparable as two states of one. */
const shape = [
  "architecture",
  "width",
  "depth",
  "heads",
  "hidden",
  "feedForward",
  "widths",
  "blocks",
  "patch",
  "registers",
] as const;

/** By the names that the two architectures have for their sizes; undefined for what one has not. */
function shapeOf({ config }: Architecture): Partial<Record<(typeof shape)[number], string>> {
  const entries = Object.entries({ architecture: "vit", ...config });
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/**
 * Before anything is computed.
 * @param description of the run, for the message
 * @throws EngineError "option.invalid" with fewer than two trained checkpoints, "weights.shape" that
 *   names the first checkpoint of another architecture
 */
export function checkSeries(description: string, opened: readonly OpenedCandidate[]): void {
  const [first] = opened;
  for (const { candidate, files } of opened) {
    const difference = differenceOf(first!.files, files);
    if (difference === undefined) continue;
    const [expected, received] = difference;
    throw new EngineError(
      "weights.shape",
      `${candidate.path}: expected the architecture of ${first!.candidate.path}, ${expected}; received ${received}`,
      {
        hint: "The checkpoints of one run have one architecture; list models to compare several.",
      },
    );
  }
  const trained = opened.filter(({ candidate }) => candidate.step > 0);
  if (trained.length >= 2) return;
  const received = opened.map(({ candidate }) => candidate.name).join(", ");
  const last = opened.at(-1)?.candidate.path ?? description;
  throw new EngineError(
    "option.invalid",
    `${description}: expected at least two trained checkpoints, which a decline needs; received ${received} (${last})`,
    { hint: "Let the run go on until it has written another, or list models to compare them." },
  );
}

type Architecture = Pick<ModelFiles, "family" | "config">;

/** In what two networks differ, in words for each: the family before the sizes it gives a meaning to. */
function differenceOf(one: Architecture, other: Architecture): [string, string] | undefined {
  if (one.family !== other.family) return [familyOf(one), familyOf(other)];
  const [sizes, otherSizes] = [shapeOf(one), shapeOf(other)];
  const part = shape.find((name) => sizes[name] !== otherSizes[name]);
  if (part !== undefined) return [`${part} ${sizes[part]}`, `${part} ${otherSizes[part]}`];
  if (one.config.architecture === "convnext") return undefined;
  const [own, others] = [one, other].map(({ config }) => traitsOf(asVit(config))) as [
    Traits,
    Traits,
  ];
  const names = Object.keys(dinov3Traits) as (keyof Traits)[];
  const trait = names.find((name) => JSON.stringify(own[name]) !== JSON.stringify(others[name]));
  if (trait === undefined) return undefined;
  const words = (traits: Traits) =>
    traits[trait] === undefined ? `no ${trait}` : `${trait} ${JSON.stringify(traits[trait])}`;
  return [words(own), words(others)];
}

function familyOf({ family }: Architecture): string {
  return family === undefined ? "DINOv3" : families[family].title;
}
