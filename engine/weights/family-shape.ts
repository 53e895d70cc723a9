/**
 * Encoders of other families than DINOv3 in files that no config.json of transformers describes: family
 * and shape by names and sizes of their tensors, and by what the file is called.
 */
import { type VitConfig } from "../model/config.ts";
import { dinov3Traits, type PositionTable, type Traits, type Windows } from "../model/traits.ts";
import { EngineError } from "../protocol/errors.ts";
import { families, type FamilyName } from "./families.ts";
import { cubic, linearResize, smoothCubic, type FamilyModel } from "./family-config.ts";
import type { Spelling } from "./name-table.ts";
import type { NamedParams, NamedTensor } from "./name-params.ts";
import { upstreamName } from "./names.ts";

/** What lies around the tensors. */
export interface FamilyHints {
  /** The file and its folders, as they are called. */
  readonly called: string;
  /** timm's name of the architecture, from its config.json. */
  readonly timm?: string | undefined;
  /** OpenCLIP's config: whether its GELU is OpenAI's. */
  readonly isQuickGelu?: boolean | undefined;
  readonly heads?: number | undefined;
  /** As whose we wrote it ourselves. */
  readonly family?: FamilyName | undefined;
}

/** Families that share names; which of them a file is, its tensors may not tell. */
const sharedNames: Readonly<Partial<Record<Spelling, readonly FamilyName[]>>> = {
  "official ViT": ["dinov2", "franca", "webDino", "dino", "mae", "iJepa"],
  OpenCLIP: ["openClip", "pe"],
};

/** Heads where their width is not 64, by the tokens' width. */
const unusualHeads: Readonly<Partial<Record<FamilyName, Readonly<Record<number, number>>>>> = {
  mae: { 1280: 16 },
  iJepa: { 1280: 16, 1408: 16 },
  vJepa2: { 1280: 16 },
  vit: { 1152: 16, 1280: 16, 1408: 16 },
  openClip: { 1152: 16, 1280: 16, 1408: 16, 1664: 16 },
  pe: { 1536: 16 },
  radio: { 1152: 16, 1280: 16 },
  sam: { 1280: 16 },
};

/**
 * @param where the model, for messages
 * @returns undefined for DINOv3, and where the tensors are of no family that is known by them alone
 * @throws EngineError "weights.missing" when a tensor that tells the shape is not there;
 *   "weights.shape" for positions that are no square; "config.contradicts" when the number of heads
 *   cannot be known
 */
export function deriveFamily(
  named: NamedParams<NamedTensor>,
  hints: FamilyHints,
  where: string,
): FamilyModel | undefined {
  const family = familyOf(named, hints);
  if (!family) return undefined;
  const { found } = named;
  const has = (name: string) => found.has(name);
  const traits = traitsOf(family, named, hints, where);
  const width = size(named, "patch.weight", 0, where);
  const patch = patchSide(named, where);
  const blocks = [...found.keys()].map((name) => Number(/^block(\d+)/.exec(name)?.[1] ?? -1));
  const stored = found.get("registers")?.shape.at(-2) ?? 0;
  const config: VitConfig = {
    width,
    depth: 1 + Math.max(...blocks),
    heads: headsOf(family, width, hints.heads, where),
    hidden: size(named, "block00.up.weight", 0, where),
    feedForward: has("block00.gate.weight") ? "swiglu" : "mlp",
    patch,
    registers: traits.classToken === "first register" ? Math.max(0, stored - 1) : stored,
    bias: {
      query: has("block00.query.bias"),
      key: has("block00.key.bias"),
      value: has("block00.value.bias"),
      projection: has("block00.projection.bias"),
      feedForward: has("block00.up.bias"),
    },
    normEpsilon: family === "clip" || family === "openClip" || family === "pe" ? 1e-5 : 1e-6,
    ropeTheta: 100,
    traits,
  };
  // RADIO's table spans the largest pictures that it takes, which says nothing of the usual ones.
  const side = traits.table && family !== "radio" ? traits.table.rows * patch : undefined;
  return { family, config, side };
}

function familyOf(
  { spelling, found, dropped, unexpected }: NamedParams<NamedTensor>,
  { called, timm, family }: FamilyHints,
): FamilyName | undefined {
  if (family && spelling && sharedNames[spelling]?.includes(family)) return family;
  const has = (name: string) => found.has(name);
  const isCalled = (pattern: RegExp) => pattern.test(timm ?? called);
  if (found.get("patch.weight")?.shape.length === 5) return "vJepa2";
  switch (spelling) {
    case "SAM":
    case "transformers' SAM":
      return "sam";
    case "RADIO":
      return "radio";
    case "OpenCLIP": {
      const isPooled = [...dropped, ...unexpected.map(({ name }) => name)].some((name) =>
        name.endsWith("attn_pool.probe"),
      );
      const isPe = isPooled || has("block00.scale1") || !has("cls") || isCalled(/(^|\W)PE[-_]/);
      return isPe ? "pe" : "openClip";
    }
    case "official ViT":
      if (!has("cls")) return "iJepa";
      if (has("block00.scale1")) {
        if (isCalled(/web[-_]?(ssl|dino)/i)) return "webDino";
        const width = found.get("patch.weight")?.shape[0];
        // DINOv2 has gates in its giant alone; Franca has them in all sizes.
        const isFranca = isCalled(/franca/i) || (has("block00.gate.weight") && width !== 1536);
        return isFranca ? "franca" : "dinov2";
      }
      if (dropped.some((name) => name.includes("decoder")) || isCalled(/(^|[^a-z])mae/i)) {
        return "mae";
      }
      return timm === undefined || isCalled(/dino/i) ? "dino" : "vit";
    default:
      return undefined;
  }
}

function traitsOf(
  family: FamilyName,
  named: NamedParams<NamedTensor>,
  { isQuickGelu, called, timm }: FamilyHints,
  where: string,
): Traits {
  const { found } = named;
  const table = family === "vJepa2" ? undefined : tableOf(named, where);
  const resize = {
    radio: { ...linearResize, isCutFromSquare: true },
    pe: linearResize,
    openClip: smoothCubic,
    clip: smoothCubic,
    mae: cubic,
    iJepa: cubic,
    sam: cubic,
    vit: smoothCubic,
  };
  // The code of DINO has an offset against rounding; DINOv2's has none where there are registers.
  const dinoResize = found.has("registers") ? smoothCubic : { ...cubic, offset: 0.1 };
  const own = Object.hasOwn(resize, family) ? resize[family as keyof typeof resize] : dinoResize;
  const isSigmoid = isQuickGelu ?? /quick[-_]?gelu|openai/i.test(called);
  return {
    ...dinov3Traits,
    classToken: family === "radio" ? "first register" : found.has("cls") ? "own" : "none",
    table: table && { ...table, resize: timm === undefined ? own : smoothCubic },
    rotation: family === "pe" ? "pe" : family === "vJepa2" ? "v-jepa" : "none",
    hasPatchBias: found.has("patch.bias"),
    frames: family === "vJepa2" ? (found.get("patch.weight")?.shape[2] ?? 1) : 1,
    isNormedBefore: found.has("before.weight"),
    hasLayerScale: found.has("block00.scale1"),
    activation: family === "openClip" && isSigmoid ? "gelu sigmoid" : "gelu",
    hasFinalNorm: found.has("norm.weight"),
    windows: family === "sam" ? windowsOf(named) : undefined,
  };
}

/** The blocks whose biases reach furthest see the whole picture, the others a window. */
function windowsOf({ found }: NamedParams<NamedTensor>): Windows {
  const reaches = new Map<number, number>();
  for (const [name, { shape }] of found) {
    const k = /^block(\d+)\.relativeRows$/.exec(name)?.[1];
    if (k !== undefined) reaches.set(Number(k), shape[0] ?? 0);
  }
  const least = Math.min(...reaches.values());
  const whole = [...reaches].filter(([, reach]) => reach > least).map(([k]) => k);
  return { side: (least + 1) / 2, wholeBlocks: whole };
}

function tableOf(
  { found, prefix, spelling }: NamedParams<NamedTensor>,
  where: string,
): Omit<PositionTable, "resize"> | undefined {
  const shape = found.get("positions")?.shape;
  if (!shape) return undefined;
  const count = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  for (const hasClass of [true, false]) {
    const side = Math.sqrt(count - (hasClass ? 1 : 0));
    if (Number.isInteger(side) && side > 0 && (!hasClass || found.has("cls"))) {
      return { rows: side, cols: side, hasClass };
    }
  }
  throw new EngineError(
    "weights.shape",
    `${where}: ${prefix}${upstreamName("positions", spelling)}: expected positions of a square, with or without one for the class token, file has [${shape.join(", ")}]`,
    { hint: "Positions of pictures that are not square need a config.json that says their sides." },
  );
}

/** Of a convolution's weights, or of a product over flattened patches. */
function patchSide(named: NamedParams<NamedTensor>, where: string): number {
  const shape = named.found.get("patch.weight")?.shape ?? [];
  if (shape.length !== 2) return size(named, "patch.weight", -1, where);
  const side = Math.sqrt(size(named, "patch.weight", 1, where) / 3);
  if (Number.isInteger(side)) return side;
  throw new EngineError(
    "weights.shape",
    `${where}: ${named.found.get("patch.weight")!.tensor.name}: expected square patches of three channels, file has [${shape.join(", ")}]`,
  );
}

function size(
  { found, prefix, spelling }: NamedParams<NamedTensor>,
  name: string,
  axis: number,
  where: string,
): number {
  const value = found.get(name)?.shape.at(axis);
  if (value !== undefined && Number.isSafeInteger(value) && value > 0) return value;
  throw new EngineError(
    "weights.missing",
    `${where}: ${prefix}${upstreamName(name, spelling)}: file has no such tensor`,
    {
      hint: "Put the model's config.json beside the file, or check that it holds a whole encoder.",
    },
  );
}

function headsOf(
  family: FamilyName,
  width: number,
  told: number | undefined,
  where: string,
): number {
  const heads = told ?? unusualHeads[family]?.[width] ?? width / 64;
  if (Number.isInteger(heads) && width % (2 * heads) === 0) return heads;
  throw new EngineError(
    "config.contradicts",
    `${where}: the number of attention heads cannot be told from a width of ${width}, which no released ${families[family].title} has`,
    { hint: "Put a config.json of transformers beside the file; its num_attention_heads says it." },
  );
}
