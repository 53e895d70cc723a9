/** Which options of Gram anchoring go together (dinov3.md C.2). */
import { sizesOf, when, type Rule } from "./finding.ts";

export const gramRules: Rule = (r) => {
  const hasGramCrops = sizesOf(r).some(({ gramSize }) => gramSize > 0);
  const on = r.gramWeight > 0 || r.startGramWeight > 0;
  return [
    ...when(
      r.gramTeacher === "ema" && hasGramCrops,
      "error",
      ["gramTeacher", "gramSize"],
      'expected gramSize 0 with gramTeacher "ema"',
      "The EMA teacher's own patches are used, and it sees the global crops (C.2, ema_teacher).",
      'Set gramSize to 0, or gramTeacher to "init" with gramUpdateEvery.',
    ),
    ...when(
      r.gramTeacher === "ema" && r.gramUpdateEvery > 0,
      "error",
      ["gramTeacher", "gramUpdateEvery"],
      `expected gramUpdateEvery 0 with gramTeacher "ema", received ${r.gramUpdateEvery}`,
      "The EMA teacher moves every step, so there is no copy to refresh (C.2, rep_update).",
      "Set gramUpdateEvery to 0.",
    ),
    ...when(
      r.gramTokens !== "all" && r.gramLevel === "image",
      "error",
      ["gramTokens", "gramLevel"],
      `expected gramLevel "batch" with gramTokens "${r.gramTokens}", received "image"`,
      "Crops have different numbers of masked patches, so there is no matrix for each (C.2).",
      'Set gramLevel to "batch", or gramTokens to "all".',
    ),
    ...when(
      on && r.gramTeacher === "init" && r.init === null,
      "error",
      ["gramTeacher", "init"],
      'expected weights to start from with gramTeacher "init", received null',
      "Random weights have no dense features to hold on to.",
      "Set init, or gramTeacher to a checkpoint.",
    ),
    ...when(
      r.kind === "refine" && !on,
      "error",
      ["kind", "gramWeight"],
      'expected a gramWeight above 0 with kind "refine", received 0',
      "Refinement is Gram anchoring.",
      'Set gramWeight to 2, or kind to "pretrain".',
    ),
    ...when(
      !on && hasGramCrops,
      "warning",
      ["gramSize", "gramWeight"],
      "Gram crops without a Gram loss",
      "They are cut and not used.",
      "Set gramWeight to 2, or gramSize to 0.",
    ),
    ...when(
      r.gramUpdateEvery >= r.steps,
      "warning",
      ["gramUpdateEvery", "steps"],
      `the Gram teacher is refreshed every ${r.gramUpdateEvery} steps, and the run has ${r.steps}`,
      "It is never refreshed.",
      `Set gramUpdateEvery to ${Math.max(1, Math.floor(r.steps / 3))}, or to 0.`,
    ),
  ];
};
