/** Where the parameters of a matched model lie: ranges of its own files, or of a converted copy. */
import { assemble } from "../checkpoints/assemble.ts";
import { decodeFloats } from "../checkpoints/decode-floats.ts";
import { usableDtype } from "../checkpoints/stored-dtypes.ts";
import { inOneStretch, type StoredTensor } from "../checkpoints/stored-tensor.ts";
import { isFloatDtype } from "../executors/float-formats.ts";
import type { ParamSource } from "../executors/executor.ts";
import { EngineError } from "../protocol/errors.ts";
import { convertTensors, type StoredStretch } from "./converted.ts";
import type { MatchedParameter, MatchedParams } from "./match-params.ts";
import type { NamedParams } from "./name-params.ts";
import { isDinov3Spelling } from "./names.ts";

export interface ParamSources {
  /** Our name -> where it lies; in the order of paramShapes. */
  readonly params: Readonly<Record<string, ParamSource>>;
  readonly maskToken?: ParamSource | undefined;
}

/**
 * Tensors in one stretch are used where they are. What is in pieces, turned round, or of a dtype that
 * the runtime does not read is written once to the cache and used from there.
 *
 * @param matched without a problem
 * @throws EngineError "weights.format" for tensors that are not where the file says; "disk.full",
 *   "path.unwritable" where a converted copy is needed and cannot be written
 */
export async function findParams({
  params,
  maskToken,
}: MatchedParams<StoredTensor>): Promise<ParamSources> {
  const needed = new Set(
    [...params, ...(maskToken ? [maskToken] : [])].map(({ tensor }) => tensor),
  );
  const stretches = new Map<StoredTensor, StoredStretch>();
  const toConvert: StoredTensor[] = [];
  for (const tensor of needed) {
    const stretch = inOneStretch(tensor, await tensor.pieces());
    const { dtype } = tensor;
    if (stretch && isFloatDtype(dtype)) stretches.set(tensor, { ...stretch, dtype });
    else toConvert.push(tensor);
  }
  if (toConvert.length > 0) {
    for (const [tensor, stretch] of await convertTensors(toConvert)) stretches.set(tensor, stretch);
  }
  const sourceOf = (parameter: MatchedParameter<StoredTensor>) =>
    toSource(parameter, stretches.get(parameter.tensor)!);
  return {
    params: Object.fromEntries(params.map((parameter) => [parameter.ours, sourceOf(parameter)])),
    maskToken: maskToken && sourceOf(maskToken),
  };
}

function toSource(
  { expected, part }: MatchedParameter<StoredTensor>,
  { path, byteOffset, byteLength, dtype }: StoredStretch,
): ParamSource {
  const { index, count } = part ?? { index: 0, count: 1 };
  const partBytes = byteLength / count;
  return {
    kind: "file",
    path,
    byteOffset: byteOffset + index * partBytes,
    byteLength: partBytes,
    dtype,
    shape: expected,
  };
}

/**
 * Key biases that are zero in every block are none: the official code stores them where they are
 * masked, and a file of its parameters alone lacks the mask.
 */
export async function withoutZeroKeyBias(
  named: NamedParams<StoredTensor>,
): Promise<NamedParams<StoredTensor>> {
  // Other families have key biases that count, zero or not.
  if (!isDinov3Spelling(named.spelling)) return named;
  const keyBiases = [...named.found.values()].filter(({ ours }) => ours.endsWith(".key.bias"));
  for (const { tensor, part } of keyBiases) {
    if (!part || !Object.hasOwn(usableDtype, tensor.dtype)) return named;
    const values = decodeFloats(await assemble(tensor), tensor.dtype);
    const length = values.length / part.count;
    const own = values.subarray(part.index * length, (part.index + 1) * length);
    if (own.some((value) => value !== 0)) return named;
  }
  const found = new Map(named.found);
  for (const { ours } of keyBiases) found.delete(ours);
  return { ...named, found };
}

/**
 * The base of the rotary positions, by the longest of the stored periods: base^((n - 1) / n) of n.
 *
 * @param told what a configuration says; it stands where it agrees, as periods are rounded to bfloat16
 * @throws EngineError "config.contradicts" for periods that are no powers of one base
 */
export async function ropeTheta(
  { periods }: NamedParams<StoredTensor>,
  told: number | undefined,
  where: string,
): Promise<number | undefined> {
  const count = periods?.shape[0] ?? 0;
  const isReadable = count > 1 && count <= 256 && periods?.shape.length === 1;
  if (!periods || !isReadable || !Object.hasOwn(usableDtype, periods.dtype)) return told;
  const stored = decodeFloats(await assemble(periods), periods.dtype);
  const base = stored.at(-1)! ** (count / (count - 1));
  const isPowers = stored.every((period, i) => isNear(period, base ** (i / count)));
  if (!isPowers) {
    throw new EngineError(
      "config.contradicts",
      `${where}: ${periods.name}: expected periods that grow from 1 by one base, file has ${stored.slice(0, 4).join(", ")}`,
      { hint: "Rotary positions with a smallest and a largest period are not read." },
    );
  }
  const usual = [told, 100].find((value) => value !== undefined && isNear(base, value));
  return usual ?? Number(base.toPrecision(3));
}

/** Within what bfloat16 rounds away, to the power of a few. */
function isNear(value: number, expected: number): boolean {
  return Math.abs(value / expected - 1) < 0.02;
}
