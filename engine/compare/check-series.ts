/** Whether checkpoints make a timeline: at least two that were trained, all of one architecture. */
import { EngineError } from "../protocol/errors.ts";
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
function shapeOf({ config }: ModelFiles): Partial<Record<(typeof shape)[number], string>> {
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
    const [expected, received] = [shapeOf(first!.files), shapeOf(files)];
    const part = shape.find((name) => expected[name] !== received[name]);
    if (part === undefined) continue;
    throw new EngineError(
      "weights.shape",
      `${candidate.path}: expected the architecture of ${first!.candidate.path}, ${part} ${expected[part]}; received ${part} ${received[part]}`,
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
