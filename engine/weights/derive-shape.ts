/** The shape of a backbone read off its tensors, where no config.json says it. */
import { recognise, variantConfig, type VitConfig } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import type { NamedParams, NamedTensor } from "./name-params.ts";
import { upstreamName } from "./names.ts";

/** What a file's surroundings say and its shapes do not. */
export interface ShapeHints {
  readonly heads?: number | undefined;
  readonly normEpsilon?: number | undefined;
  readonly ropeTheta?: number | undefined;
}

/** Channels of one attention head in every released model but the 7B. */
const usualHeadWidth = 64;

/**
 * @param where the model, for messages
 * @throws EngineError "weights.missing" when the tensors do not tell; "config.contradicts" when the
 *   number of heads cannot be known
 */
export function deriveShape(
  { found, periods, prefix, spelling }: NamedParams<NamedTensor>,
  hints: ShapeHints,
  where: string,
): VitConfig {
  const size = (name: string, axis: number) => {
    const value = found.get(name)?.shape.at(axis);
    if (value !== undefined && Number.isSafeInteger(value) && value > 0) return value;
    throw new EngineError(
      "weights.missing",
      `${where}: ${prefix}${upstreamName(name, spelling)}: file has no such tensor`,
      {
        hint: "Put the model's config.json beside the file, or check that it holds a whole backbone.",
      },
    );
  };
  const has = (suffix: string) => found.has(`block00.${suffix}`);
  const blocks = [...found.keys()].map((name) => Number(/^block(\d+)/.exec(name)?.[1] ?? -1));
  const shape: Omit<VitConfig, "heads"> = {
    width: size("cls", -1),
    depth: 1 + Math.max(...blocks),
    hidden: size("block00.up.weight", 0),
    feedForward: has("gate.weight") ? "swiglu" : "mlp",
    patch: size("patch.weight", -1),
    registers: found.get("registers")?.shape.at(-2) ?? 0,
    bias: {
      query: has("query.bias"),
      key: has("key.bias"),
      value: has("value.bias"),
      projection: has("projection.bias"),
      feedForward: has("up.bias"),
    },
    normEpsilon: hints.normEpsilon ?? 1e-5,
    ropeTheta: hints.ropeTheta ?? 100,
  };
  return { ...shape, heads: headsOf(shape, periods?.shape[0], hints.heads, where) };
}

/** Heads leave no trace in the shapes: the file's rotary periods say it, or a released model's table. */
function headsOf(
  shape: Omit<VitConfig, "heads">,
  periods: number | undefined,
  hinted: number | undefined,
  where: string,
): number {
  const released = variantConfig("dinov3_vit7b16").heads;
  const is7b = recognise({ ...shape, heads: released }) === "dinov3_vit7b16";
  const headWidth = periods === undefined ? usualHeadWidth : 4 * periods;
  const told = periods === undefined ? (hinted ?? (is7b ? released : undefined)) : undefined;
  const heads = told ?? shape.width / headWidth;
  if (Number.isInteger(heads) && heads > 0 && shape.width % heads === 0) return heads;
  throw new EngineError(
    "config.contradicts",
    `${where}: the number of attention heads cannot be told from a width of ${shape.width}, which is no multiple of ${headWidth}`,
    { hint: "Put the model's config.json beside the file; its num_attention_heads says it." },
  );
}
