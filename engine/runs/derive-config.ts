/** The shape of a backbone, and of a head, read off their tensors where no config.json says it. */
import type { HostTensor } from "../executors/executor.ts";
import { recognise, variantConfig, type VitConfig } from "../model/config.ts";
import { headShapes, type HeadShape } from "../model/head.ts";
import { maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import type { NamedBackbone } from "./network-names.ts";
import type { HostTensors } from "./tensor-file.ts";

/** Channels of one attention head in every released model but the 7B. */
const usualHeadWidth = 64;

/**
 * @param where the file and the network, for messages
 * @throws EngineError "weights.missing" when the tensors do not tell; "config.contradicts" when the
 *   number of heads cannot be known
 */
export function deriveConfig({ params, headWidth }: NamedBackbone, where: string): VitConfig {
  const size = (name: string, axis: number) => {
    const value = params[name]?.shape.at(axis);
    if (value !== undefined) return value;
    throw new EngineError("weights.missing", `${where}${name}: file has no such tensor`, {
      hint: "Put the model's config.json beside the file, or check that it holds a whole backbone.",
    });
  };
  const has = (suffix: string) => Object.hasOwn(params, `block00.${suffix}`);
  const width = size("cls", -1);
  const depth = new Set(Object.keys(params).flatMap((name) => /^block\d+/.exec(name)?.[0] ?? []))
    .size;
  const shape: Omit<VitConfig, "heads"> = {
    width,
    depth,
    hidden: size("block00.up.weight", 0),
    feedForward: has("gate.weight") ? "swiglu" : "mlp",
    patch: size("patch.weight", -1),
    registers: params["registers"]?.shape.at(-2) ?? 0,
    bias: {
      query: has("query.bias"),
      key: has("key.bias"),
      value: has("value.bias"),
      projection: has("projection.bias"),
      feedForward: has("up.bias"),
    },
    normEpsilon: 1e-5,
    ropeTheta: 100,
  };
  return { ...shape, heads: headsOf(shape, headWidth, where) };
}

/** Heads leave no trace in the shapes: the file's rotary periods say it, or a released model's table. */
function headsOf(
  shape: Omit<VitConfig, "heads">,
  headWidth: number | undefined,
  where: string,
): number {
  const released = variantConfig("dinov3_vit7b16").heads;
  const is7b = recognise({ ...shape, heads: released }) === "dinov3_vit7b16";
  const heads = is7b ? released : shape.width / (headWidth ?? usualHeadWidth);
  if (Number.isInteger(heads) && heads > 0) return heads;
  throw new EngineError(
    "config.contradicts",
    `${where}the number of attention heads cannot be told from a width of ${shape.width}, which is no multiple of ${headWidth ?? usualHeadWidth}`,
    { hint: "Put the model's config.json beside the file; its num_attention_heads says it." },
  );
}

/**
 * Every parameter is there, has its shape, and there is no other.
 * @throws EngineError "weights.missing", "weights.shape", "weights.extra"
 */
export function checkBackbone(params: HostTensors, config: VitConfig, where: string): void {
  const shapes = { ...paramShapes(config), [maskToken]: [1, config.width] };
  checkShapes(params, shapes, where, (name) => name === maskToken);
}

/**
 * The sizes of a projection head, by its tensors in the official spelling.
 * @throws EngineError "weights.missing", "weights.shape", "weights.extra"
 */
export function deriveHead(tensors: HostTensors, where: string): HeadShape {
  const sizes = (name: string) => tensors[name]?.shape ?? [];
  const [hidden = 0, width = 0] = sizes("mlp.0.weight");
  const [prototypes = 0, bottleneck = 0] = sizes("last_layer.weight");
  const shape = { width, hidden, bottleneck, prototypes };
  checkShapes(tensors, headShapes(shape), where, () => false);
  return shape;
}

function checkShapes(
  tensors: Readonly<Record<string, HostTensor>>,
  shapes: Readonly<Record<string, readonly number[]>>,
  where: string,
  isOptional: (name: string) => boolean,
): void {
  for (const [name, expected] of Object.entries(shapes)) {
    const tensor = tensors[name];
    if (!tensor && isOptional(name)) continue;
    if (!tensor) {
      throw new EngineError("weights.missing", `${where}${name}: file has no such tensor`, {
        hint: "The file is incomplete.",
      });
    }
    if (tensor.shape.join() !== expected.join()) {
      throw new EngineError(
        "weights.shape",
        `${where}${name}: expected [${expected.join(", ")}], file has [${tensor.shape.join(", ")}]`,
        { hint: "The networks of one file must be of one shape, and as config.json says." },
      );
    }
  }
  const extra = Object.keys(tensors).find((name) => !Object.hasOwn(shapes, name));
  if (extra === undefined) return;
  throw new EngineError("weights.extra", `${where}${extra}: expected no such tensor`, {
    hint: "The file holds more than these networks have.",
  });
}
