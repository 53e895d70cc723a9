/** All scores of one image, from what a model made of its views. */
import type { Executor, PreparedProgram, Program } from "../executors/executor.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { scoreNames, scores, type ImageScores } from "./catalog.ts";
import { measureSimilarities, type ImageTokens } from "./similarities.ts";
import type { CropPlace, ViewTokens } from "./views.ts";

/** Keeps its programs, one for each shape of the tokens; the caller disposes of it. */
export class ImageScorer {
  private readonly prepared = new Map<string, Promise<PreparedProgram>>();

  constructor(private readonly executor: Pick<Executor, "prepare">) {}

  /**
   * @param name  of the image, for messages
   * @param crop  its place, from planViews
   * @throws EngineError "weights.values" when a feature is not finite; "weights.shape" when the
   *   reference has another grid; "cancelled"
   */
  async score(
    name: string,
    tokens: ImageTokens,
    crop: CropPlace,
    signal?: AbortSignal,
  ): Promise<ImageScores> {
    throwIfAborted(signal, "Scoring");
    checkFinite(name, tokens);
    checkReference(name, tokens);
    const prepare = (program: Program) => this.prepare(program);
    const cosines = await measureSimilarities(tokens, prepare);
    const measured = { tokens, crop, cosines };
    const entries = scoreNames.map((score) => [score, scores[score].of(measured)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  async dispose(): Promise<void> {
    const all = [...this.prepared.values()];
    this.prepared.clear();
    for (const program of all) await (await program).dispose();
  }

  private prepare(program: Program): Promise<PreparedProgram> {
    const found = this.prepared.get(program.name) ?? this.executor.prepare(program);
    this.prepared.set(program.name, found);
    return found;
  }
}

/** A NaN would pass through every mean and end as a gap in a curve. */
function checkFinite(name: string, tokens: ImageTokens): void {
  for (const [view, { cls, patches, before }] of Object.entries(tokens) as [string, ViewTokens][]) {
    // A sum is NaN or infinite where one of its terms is; float32 terms cannot overflow it.
    const sum = [cls, patches, before ?? []].reduce((total, part) => {
      for (let i = 0; i < part.length; i++) total += part[i]!;
      return total;
    }, 0);
    if (Number.isFinite(sum)) continue;
    throw new EngineError(
      "weights.values",
      `${name}: expected finite features, received NaN or infinity in the view "${view}"`,
      { hint: "The model's weights are damaged or its training diverged: leave it out." },
    );
  }
}

function checkReference(name: string, { base, reference }: ImageTokens): void {
  if (!reference || (reference.rows === base.rows && reference.cols === base.cols)) return;
  throw new EngineError(
    "weights.shape",
    `${name}: expected a reference of ${base.rows} × ${base.cols} patches, received ${reference.rows} × ${reference.cols}`,
    { hint: "Gram matrices compare patch by patch: the reference needs the same size of patch." },
  );
}
