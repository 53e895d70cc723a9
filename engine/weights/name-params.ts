/** Which tensor of a file is which parameter of a backbone, by its name alone. */
import { maskToken } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Spelling } from "./name-table.ts";
import { isDinov3Spelling, matchName, spellingOf, stripPrefixes } from "./names.ts";

export interface NamedTensor {
  /** As the file has it. */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One parameter of ours and the tensor that holds it, or an equal part of whose first axis is it. */
export interface Parameter<T extends NamedTensor> {
  readonly ours: string;
  readonly tensor: T;
  /** Of the parameter as the file has it. */
  readonly shape: readonly number[];
  readonly part?: { readonly index: number; readonly count: number } | undefined;
}

export interface NamedParams<T extends NamedTensor> {
  /** By our names. */
  readonly found: ReadonlyMap<string, Parameter<T>>;
  readonly unexpected: readonly T[];
  readonly dropped: readonly string[];
  /** How most of the names are spelled; undefined where none is known. */
  readonly spelling: Spelling | undefined;
  /** Before every name; removed before they were looked up. */
  readonly prefix: string;
  /** Periods of the rotary positions, where the file has them: one for every 4 channels of a head. */
  readonly periods?: T | undefined;
  /** What cannot be made sense of: two tensors for one parameter, q, k and v that do not come apart. */
  readonly problem?: EngineError | undefined;
}

/**
 * @param prefix of the network that is meant; tensors without it are passed over
 * @param where the model, for messages
 */
export function nameParams<T extends NamedTensor>(
  tensors: readonly T[],
  prefix: string,
  where: string,
): NamedParams<T> {
  const own = tensors.filter(({ name }) => name.startsWith(prefix));
  const bareNames = new Map(
    own.map((tensor) => [stripPrefixes(tensor.name.slice(prefix.length)), tensor]),
  );
  const found = new Map<string, Parameter<T>>();
  const unexpected: T[] = [];
  const dropped: string[] = [];
  const spelling = spellingOf(own.map(({ name }) => name.slice(prefix.length)));
  let problem: EngineError | undefined;
  const put = (parameter: Parameter<T>) => {
    const other = found.get(parameter.ours);
    if (!other) found.set(parameter.ours, parameter);
    problem ??= other && sameParameter(other.tensor.name, parameter.tensor.name, where);
  };
  for (const tensor of own) {
    const bare = tensor.name.slice(prefix.length);
    const match = matchName(bare, spelling);
    if (match.kind === "dropped") dropped.push(tensor.name);
    else if (match.kind === "unknown") unexpected.push(tensor);
    else {
      const { shape } = tensor;
      if (match.kind === "param") put({ ours: match.ours, tensor, shape });
      else {
        problem ??= unequalParts(tensor, match.ours.length, where);
        const isMasked = bareNames.has(`${stripPrefixes(bare)}_mask`);
        const count = match.ours.length;
        for (const [index, ours] of match.ours.entries()) {
          // The mask takes the key's bias away, whatever is stored.
          if (isMasked && ours.endsWith(".key.bias")) continue;
          const part = { index, count };
          put({ ours, tensor, shape: [(shape[0] ?? 0) / count, ...shape.slice(1)], part });
        }
      }
    }
  }
  // The token of a decoder, as MAE's, is of another width and none of the encoder.
  const mask = found.get(maskToken);
  const width = found.get("patch.weight")?.shape[0];
  if (mask && !isDinov3Spelling(spelling) && mask.shape.at(-1) !== width) {
    found.delete(maskToken);
    dropped.push(mask.tensor.name);
  }
  const periods = bareNames.get("rope_embed.periods");
  return { found, unexpected, dropped, spelling, prefix, periods, problem };
}

/** Whether a file has anything of a backbone but a mask token. */
export function hasBackbone({ found }: Pick<NamedParams<NamedTensor>, "found">): boolean {
  return found.size > (found.has(maskToken) ? 1 : 0);
}

function sameParameter(one: string, other: string, where: string): EngineError {
  return new EngineError(
    "weights.extra",
    `${where}: the tensors "${one}" and "${other}" are the same parameter`,
    { hint: "Keep one model to a file: the student or the teacher." },
  );
}

function unequalParts(
  { name, shape }: NamedTensor,
  count: number,
  where: string,
): EngineError | undefined {
  if ((shape[0] ?? 0) % count === 0 && shape.length > 0) return undefined;
  return new EngineError(
    "weights.shape",
    `${where}: ${name}: expected q, k and v in one, file has [${shape.join(", ")}]`,
    { hint: "The file is damaged, or holds another kind of model." },
  );
}
