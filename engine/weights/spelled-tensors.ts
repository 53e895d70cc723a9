/** Parameters as tensors of a file, under the names of a spelling: several in one where it joins them. */
import type { Spelling } from "./name-table.ts";
import { upstreamPlace } from "./names.ts";
import type { TensorToWrite, WritableData } from "./write-safetensors.ts";

/** A parameter by our name (model/params.ts), its shape as it is to be written. */
export type ParamToWrite = TensorToWrite;

/**
 * @param params all of one dtype
 * @param prefix before every name
 * @param isGated whether the feed-forward has gates: some spellings name its parts otherwise then
 */
export function spelledTensors(
  params: readonly ParamToWrite[],
  spelling: Spelling,
  how: { readonly prefix?: string | undefined; readonly isGated?: boolean | undefined } = {},
): TensorToWrite[] {
  const { prefix = "", isGated } = how;
  const byName = new Map<string, { readonly count: number; readonly parts: ParamToWrite[] }>();
  for (const param of params) {
    const { name, index, count } = upstreamPlace(param.name, spelling, isGated);
    const found = byName.get(name) ?? { count, parts: [] };
    found.parts[index] = param;
    byName.set(name, found);
  }
  return [...byName].map(([name, { count, parts }]) => {
    // Parts that are missing leave holes.
    const [first, ...others] = Object.values(parts);
    if (!first || 1 + others.length !== count) {
      throw new Error(`internal: ${name} joins ${count} parameters, of which some are missing`);
    }
    const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
    return {
      name: prefix + name,
      dtype: first.dtype,
      shape: count === 1 ? first.shape : [rows, ...first.shape.slice(1)],
      data: count === 1 ? first.data : () => joined(parts),
    };
  });
}

async function joined(parts: readonly ParamToWrite[]): Promise<WritableData> {
  const values: WritableData[] = [];
  for (const { data } of parts) values.push(typeof data === "function" ? await data() : data);
  const length = values.reduce((sum, one) => sum + one.length, 0);
  const Kind = values[0]!.constructor as new (length: number) => WritableData;
  const out = new Kind(length);
  let at = 0;
  for (const one of values) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}
