/** Where one token looks: a row of softmax(q k^T / sqrt(d)) of one head, or the mean over heads. */
import { EngineError } from "../protocol/errors.ts";
import type { ProbeOptions, ProbeResult, TokenRef } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { scalarMap } from "./maps.ts";
import { patchIndex, prefixRows, type FeatureMap, type ProbeContext } from "./probe.ts";
import { figure, recipeOf } from "./recipe.ts";
import { extent, mean } from "./statistics.ts";

/**
 * @throws EngineError "option.invalid" for a head or register that the model has not
 * @throws EngineError "patch.range" for a patch outside the grid
 */
export async function run(
  features: FeatureMap,
  ref: FeatureRef,
  { token, head }: ProbeOptions<"attention">,
  context: ProbeContext,
): Promise<ProbeResult> {
  const { model, geometry } = features;
  // A model without attention is refused by who is asked for it.
  if (head !== "mean" && head >= model.heads && model.heads > 0) {
    throw new EngineError(
      "option.invalid",
      `head: expected 0 to ${model.heads - 1} or mean, received ${head}`,
      { hint: `${model.name} has ${model.heads} heads a block; they count from 0.` },
    );
  }
  const prefix = prefixRows(features);
  const index = tokenIndex(features, token);
  const { rows, heads } = await context.attentionRows(ref, index);
  const n = rows.length / heads;
  const expected = prefix.length + geometry.grid.rows * geometry.grid.cols;
  if (n !== expected || heads !== model.heads) {
    throw new Error(
      `internal: attention rows [${heads}, ${n}], expected [${model.heads}, ${expected}]`,
    );
  }

  const perHead = Array.from({ length: heads }, (_, h) => rows.subarray(h * n, (h + 1) * n));
  const shown = head === "mean" ? meanOf(perHead) : perHead[head]!;
  const patches = shown.slice(prefix.length);
  const bits = entropyBits(shown);
  return {
    probe: "attention",
    maps: [scalarMap("attention", geometry.grid, patches, [0, extent(patches)[1]], "attention")],
    tokens: prefix.map(({ name }, i) => ({ name, value: shown[i]!, outlier: false })),
    marks: [],
    numbers: [
      figure("entropy", bits, "bits"),
      figure("entropy of even attention", Math.log2(n), "bits"),
      ...(head === "mean"
        ? [figure("mean entropy of the heads", mean(perHead.map(entropyBits)), "bits")]
        : []),
      figure("on patches", 100 * patches.reduce((sum, value) => sum + value, 0), "%"),
      figure("largest on a patch", extent(patches)[1], "attention"),
    ],
    recipe: recipeOf(features, ref, [
      ["Probe", "softmax attention inside the block, before its value projection"],
      ["Query token", tokenText(token)],
      ["Head", head === "mean" ? `mean of ${heads}` : `${head} of 0 to ${heads - 1}`],
      ["Scale", "0 to the largest on a patch; CLS and registers stand apart"],
    ]),
  };
}

/** Place of a token in the sequence: CLS, registers, patches. */
function tokenIndex({ registers, width, geometry }: FeatureMap, token: TokenRef): number {
  const count = registers.length / width;
  switch (token.kind) {
    case "cls":
      return 0;
    case "register":
      if (token.index < count) return 1 + token.index;
      throw new EngineError(
        "option.invalid",
        count === 0
          ? `register: the model has none, received ${token.index}`
          : `register: expected 0 to ${count - 1}, received ${token.index}`,
        { hint: "Ask for the attention of the CLS token or of a patch instead." },
      );
    case "patch":
      return 1 + count + patchIndex(geometry, token.patch);
    default:
      throw new Error(`internal: token ${String(token satisfies never)}`);
  }
}

/** Shannon entropy of a distribution. */
function entropyBits(distribution: Float32Array): number {
  let bits = 0;
  for (const p of distribution) if (p > 0) bits -= p * Math.log2(p);
  return bits;
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  return rows[0]!.map((_, i) => mean(rows.map((values) => values[i]!)));
}

function tokenText(token: TokenRef): string {
  if (token.kind === "patch") return `patch at row ${token.patch.row}, column ${token.patch.col}`;
  return token.kind === "cls" ? "CLS" : `register ${token.index}`;
}
