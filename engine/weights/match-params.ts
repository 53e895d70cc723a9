/** Whether the tensors of a file are the parameters of a backbone, and everything that does not fit. */
import { traitsOf, type BackboneConfig, type VitConfig } from "../model/config.ts";
import { blockName, maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { usableDtype } from "../checkpoints/stored-dtypes.ts";
import type { NamedParams, NamedTensor, Parameter } from "./name-params.ts";
import { upstreamName } from "./names.ts";

/** All names in upstream spelling, as the file has them or would have. */
export interface MatchReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly dropped: readonly string[];
}

/** A parameter, the tensor that holds it, and the shape that it has in the program. */
export interface MatchedParameter<T extends NamedTensor> extends Parameter<T> {
  readonly expected: readonly number[];
}

export interface MatchedParams<T extends NamedTensor> {
  /** In the order of paramShapes. */
  readonly params: readonly MatchedParameter<T>[];
  readonly maskToken?: MatchedParameter<T> | undefined;
  readonly report: MatchReport;
  /** The first thing that keeps the weights from being used, worst first. */
  readonly problem?: EngineError | undefined;
}

/**
 * Hold the parameters of a file against a configuration. Nothing is thrown: a problem is part of the
 * answer, so that a broken checkpoint can still be looked into.
 *
 * @param where the model, for messages
 */
export function matchParams<T extends NamedTensor>(
  named: NamedParams<T>,
  config: BackboneConfig,
  where: string,
): MatchedParams<T> {
  const shapes = paramShapes(config);
  const found = new Map(named.found);
  const mask = found.get(maskToken);
  found.delete(maskToken);
  // Of a ConvNeXt the names of its tensors tell stages and blocks apart as well.
  const disagreement =
    config.architecture === "convnext" ? undefined : contradiction(found, config, where);
  const unexpected: { name: string; shape: readonly number[] }[] = [...named.unexpected];
  for (const [ours, { tensor, shape }] of found) {
    if (!(ours in shapes)) unexpected.push({ name: tensor.name, shape });
  }
  const missing = Object.keys(shapes).filter((ours) => !found.has(ours));
  const params = Object.entries(shapes).flatMap(([ours, expected]) => {
    const parameter = found.get(ours);
    return parameter ? [{ ...parameter, expected }] : [];
  });
  const ofMask = mask && { ...mask, expected: [1, 1, config.width] };
  const present = ofMask ? [...params, ofMask] : params;
  const spell = (ours: string) => named.prefix + upstreamName(ours, named.spelling);

  return {
    params,
    maskToken: ofMask,
    report: {
      missing: [...new Set(missing.map(spell))],
      unexpected: unexpected.map(({ name }) => name),
      dropped: named.dropped,
    },
    problem:
      named.problem ??
      disagreement ??
      wrongShape(present, config, where) ??
      missingTensor(missing, shapes, spell, where) ??
      extraTensor(unexpected, config, where) ??
      wrongDtype(present, where),
  };
}

/**
 * Where the weights as a whole tell another story than the configuration: one message about the
 * setting is worth more than a hundred about tensors.
 */
function contradiction(
  found: ReadonlyMap<string, Parameter<NamedTensor>>,
  config: VitConfig,
  where: string,
): EngineError | undefined {
  const numbers = [...found.keys()].flatMap((name) => {
    const k = /^block(\d+)\./.exec(name)?.[1];
    return k === undefined ? [] : [Number(k)];
  });
  const depth = numbers.reduce((most, k) => Math.max(most, k), -1) + 1;
  const kinds = (suffix: string) => {
    const tensors = Array.from({ length: depth }, (_, k) =>
      found.get(`${blockName(k)}.${suffix}`),
    ).filter((tensor) => tensor !== undefined);
    return { tensors, everywhere: depth > 0 && tensors.length === depth };
  };
  /** The one size that tensors agree on; a lone tensor that disagrees is reported by its name. */
  const agreed = (sizes: readonly (number | undefined)[]) =>
    new Set(sizes).size === 1 ? sizes[0] : undefined;
  const alongAxis = (suffix: string, axis: number) =>
    kinds(suffix).tensors.map((tensor) => tensor.shape.at(axis));

  const cls = found.get("cls");
  const patch = found.get("patch.weight");
  const registers = found.get("registers");
  const isClassAmongThem = traitsOf(config).classToken === "first register";
  const gates = kinds("gate.weight");
  const gated = gates.everywhere || (gates.tensors.length === 0 ? false : undefined);
  const bias = (name: string) => {
    const { tensors, everywhere } = kinds(`${name}.bias`);
    return everywhere || (tensors.length === 0 && depth > 0 ? false : undefined);
  };
  const facts: [setting: string, expected: unknown, received: unknown][] = [
    ["num_hidden_layers", config.depth, depth > 0 ? depth : undefined],
    [
      "hidden_size",
      config.width,
      agreed([cls?.shape.at(-1), found.get("norm.weight")?.shape.at(-1)]),
    ],
    [
      "use_gated_mlp",
      config.feedForward === "swiglu",
      depth > 0 && kinds("up.weight").everywhere ? gated : undefined,
    ],
    [
      "intermediate_size",
      config.hidden,
      agreed([...alongAxis("up.weight", 0), ...alongAxis("down.weight", 1)]),
    ],
    [
      "patch_size",
      config.patch,
      agreed(patch && patch.shape.length > 3 ? patch.shape.slice(-2) : []),
    ],
    [
      "num_register_tokens",
      config.registers + (isClassAmongThem ? 1 : 0),
      registers && registers.shape.length > 1 ? registers.shape.at(-2) : undefined,
    ],
    ["query_bias", config.bias.query, bias("query")],
    ["key_bias", config.bias.key, bias("key")],
    ["value_bias", config.bias.value, bias("value")],
    ["proj_bias", config.bias.projection, bias("projection")],
    ["mlp_bias", config.bias.feedForward, bias("up")],
  ];
  const wrong = facts.filter(
    ([, expected, received]) => received !== undefined && received !== expected,
  );
  // A file without any backbone is better described by what it lacks.
  if (wrong.length === 0 || found.size === 0) return undefined;
  const list = wrong.map(([setting, expected, received]) => {
    return `${setting} is ${String(expected)} in config.json and ${String(received)} in the weights`;
  });
  return new EngineError("config.contradicts", `${where}: ${list.join("; ")}`, {
    hint: "Use the config.json that was saved with these weights, or correct the settings named.",
  });
}

type Present = MatchedParameter<NamedTensor>;

function wrongShape(
  present: readonly Present[],
  config: BackboneConfig,
  where: string,
): EngineError | undefined {
  const wrong = present.filter((parameter) => !fits(parameter, config));
  const first = wrong[0];
  if (!first) return undefined;
  const { expected, shape, tensor } = first;
  return new EngineError(
    "weights.shape",
    `${where}: ${tensor.name}: expected [${expected.join(", ")}], file has [${shape.join(", ")}]${andMore(wrong.length)}`,
    { hint: "The weights and config.json are of different models." },
  );
}

/**
 * Some tensors are stored in other shapes than they have in the program, their values in the same order:
 * a mask token as [1, d] and, of other families, tokens as [d], positions as [n, d] or [1, h, w, d], and
 * the weights of patches as [d, 3 p p].
 */
function fits({ ours, shape, expected }: Present, config: BackboneConfig): boolean {
  if (expected.join() === shape.join()) return true;
  if (ours === maskToken) return shape.length === 2 && expected.slice(1).join() === shape.join();
  if (config.architecture === "convnext" || !config.traits) return false;
  const isFree = ["cls", "registers", "positions"].includes(ours);
  if (isFree) return elements(shape) === elements(expected) && shape.at(-1) === expected.at(-1);
  return (
    ours === "patch.weight" && elements(shape) === elements(expected) && shape[0] === expected[0]
  );
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function missingTensor(
  missing: readonly string[],
  shapes: Readonly<Record<string, readonly number[]>>,
  spell: (ours: string) => string,
  where: string,
): EngineError | undefined {
  const first = missing[0];
  if (first === undefined) return undefined;
  return new EngineError(
    "weights.missing",
    `${where}: ${spell(first)}: expected [${shapes[first]!.join(", ")}], file has no such tensor${andMore(missing.length)}`,
    { hint: "The file is incomplete or holds another model." },
  );
}

function extraTensor(
  unexpected: readonly { readonly name: string; readonly shape: readonly number[] }[],
  config: BackboneConfig,
  where: string,
): EngineError | undefined {
  const first = unexpected[0];
  if (!first) return undefined;
  const model =
    config.architecture === "convnext"
      ? `this ConvNeXt of ${config.blocks.join(", ")} blocks`
      : `${config.traits ? "this" : "a DINOv3"} ViT of ${config.depth} blocks`;
  return new EngineError(
    "weights.extra",
    `${where}: ${first.name}: expected no such tensor in ${model}, file has [${first.shape.join(", ")}]${andMore(unexpected.length)}`,
    { hint: "The file holds more than a backbone, or a backbone of another kind." },
  );
}

function wrongDtype(present: readonly Present[], where: string): EngineError | undefined {
  const wrong = present.filter(({ tensor }) => !Object.hasOwn(usableDtype, tensor.dtype));
  const first = wrong[0]?.tensor;
  return first
    ? new EngineError(
        "weights.format",
        `${where}: ${first.name}: expected dtype F32, F16 or BF16, file has ${first.dtype}${andMore(wrong.length)}`,
        { hint: "Save the model in float32, float16 or bfloat16." },
      )
    : undefined;
}

function andMore(count: number): string {
  return count > 1 ? `; and ${count - 1} more` : "";
}
