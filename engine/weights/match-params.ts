/** Which tensor of a file is which parameter of a backbone, and everything that does not fit. */
import type { ParamSource } from "../executors/executor.ts";
import type { VitConfig } from "../model/config.ts";
import { blockName, maskToken, paramShapes } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import { isFloatDtype } from "../executors/float-formats.ts";
import { matchName, upstreamName } from "./names.ts";
import type { SafetensorsFile, TensorEntry } from "./safetensors.ts";

/** A tensor and the file that holds it. */
export interface PlacedTensor extends TensorEntry {
  readonly path: string;
}

/** All names in upstream spelling, as the file has them or would have. */
export interface MatchReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly dropped: readonly string[];
}

export interface MatchedParams {
  /** Our name -> where it lies; in the order of paramShapes. */
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly maskToken?: ParamSource | undefined;
  readonly report: MatchReport;
  /** The first thing that keeps the weights from being used, worst first. */
  readonly problem?: EngineError | undefined;
}

/**
 * Match tensors to parameters. Nothing is thrown: a problem is part of the answer, so that a broken
 * checkpoint can still be looked into.
 *
 * @param where the model, for messages
 */
export function matchParams(
  files: readonly SafetensorsFile[],
  config: VitConfig,
  where: string,
): MatchedParams {
  const shapes = paramShapes(config);
  const dropped: string[] = [];
  const unexpected: PlacedTensor[] = [];
  const found = new Map<string, PlacedTensor>();
  let twice: EngineError | undefined;
  for (const file of files) {
    for (const entry of file.tensors.values()) {
      const tensor = { ...entry, path: file.path };
      const match = matchName(entry.name);
      if (match.kind === "dropped") dropped.push(entry.name);
      else if (match.kind === "unknown") unexpected.push(tensor);
      else {
        const other = found.get(match.ours);
        if (other) {
          twice ??= new EngineError(
            "weights.extra",
            `${where}: the tensors "${other.name}" and "${entry.name}" are the same parameter`,
            { hint: "Keep one model to a file: the student or the teacher." },
          );
        } else found.set(match.ours, tensor);
      }
    }
  }

  const mask = found.get(maskToken);
  found.delete(maskToken);
  const disagreement = contradiction(found, config, where);
  for (const [ours, tensor] of found) if (!(ours in shapes)) unexpected.push(tensor);
  const missing = Object.keys(shapes).filter((ours) => !found.has(ours));
  const present = Object.entries(shapes).flatMap(([ours, shape]) => {
    const tensor = found.get(ours);
    return tensor ? [{ ours, shape, tensor }] : [];
  });
  const ofMask = mask ? [{ ours: maskToken, shape: [1, 1, config.width], tensor: mask }] : [];

  return {
    params: Object.fromEntries(
      present.map(({ ours, shape, tensor }) => [ours, toSource(tensor, shape)]),
    ),
    maskToken: mask && toSource(mask, [1, 1, config.width]),
    report: {
      missing: missing.map(upstreamName),
      unexpected: unexpected.map(({ name }) => name),
      dropped,
    },
    problem:
      twice ??
      disagreement ??
      wrongShape([...present, ...ofMask], where) ??
      missingTensor(missing, shapes, where) ??
      extraTensor(unexpected, config, where) ??
      wrongDtype([...present, ...ofMask], where),
  };
}

function toSource({ path, byteOffset, byteLength, dtype }: PlacedTensor, shape: readonly number[]) {
  // A dtype that is none of these is a problem, and then the sources are not used.
  const stored = isFloatDtype(dtype) ? dtype : "F32";
  return { kind: "file", path, byteOffset, byteLength, dtype: stored, shape } as const;
}

/**
 * Where the weights as a whole tell another story than the configuration: one message about the
 * setting is worth more than a hundred about tensors.
 */
function contradiction(
  found: ReadonlyMap<string, PlacedTensor>,
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
    ["patch_size", config.patch, agreed([patch?.shape.at(2), patch?.shape.at(3)])],
    ["num_register_tokens", config.registers, registers?.shape.at(-2)],
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

interface Present {
  readonly ours: string;
  readonly shape: readonly number[];
  readonly tensor: PlacedTensor;
}

function wrongShape(present: readonly Present[], where: string): EngineError | undefined {
  const wrong = present.filter(({ ours, shape, tensor }) => {
    const isMask = ours === maskToken && tensor.shape.length === 2;
    return (isMask ? shape.slice(1) : shape).join() !== tensor.shape.join();
  });
  const first = wrong[0];
  if (!first) return undefined;
  const { shape, tensor } = first;
  return new EngineError(
    "weights.shape",
    `${where}: ${tensor.name}: expected [${shape.join(", ")}], file has [${tensor.shape.join(", ")}]${andMore(wrong.length)}`,
    { hint: "The weights and config.json are of different models." },
  );
}

function missingTensor(
  missing: readonly string[],
  shapes: Readonly<Record<string, readonly number[]>>,
  where: string,
): EngineError | undefined {
  const first = missing[0];
  if (first === undefined) return undefined;
  return new EngineError(
    "weights.missing",
    `${where}: ${upstreamName(first)}: expected [${shapes[first]!.join(", ")}], file has no such tensor${andMore(missing.length)}`,
    { hint: "The file is incomplete or holds another model." },
  );
}

function extraTensor(
  unexpected: readonly PlacedTensor[],
  { depth }: VitConfig,
  where: string,
): EngineError | undefined {
  const first = unexpected[0];
  if (!first) return undefined;
  return new EngineError(
    "weights.extra",
    `${where}: ${first.name}: expected no such tensor in a DINOv3 ViT of ${depth} blocks, file has [${first.shape.join(", ")}]${andMore(unexpected.length)}`,
    { hint: "The file holds more than a backbone, or a backbone of another kind." },
  );
}

function wrongDtype(present: readonly Present[], where: string): EngineError | undefined {
  const wrong = present.filter(({ tensor }) => !isFloatDtype(tensor.dtype));
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
