/** A model written anew as a model directory that transformers opens, in the precision of one's choice. */
import type { StoredDtype } from "../executors/executor.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import { precisionsOf, type ModelNames } from "../protocol/exporting.ts";
import { readBackbone } from "../runs/read-checkpoint.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { writeModelDirectory } from "../weights/write-model.ts";

export const precisions = precisionsOf.safetensors;
export type Precision = (typeof precisions)[number];

const dtypes: Readonly<Record<Precision, StoredDtype>> = { fp32: "F32", fp16: "F16", bf16: "BF16" };

export interface DirectoryWish {
  readonly precision: Precision;
  readonly names?: ModelNames | undefined;
  /** What a person would call it; as the model is called, unless given. */
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly licence?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Name, note and licence go along; what is given replaces them. Values that are rounded go to the
 * nearest of the new format, ties to even.
 *
 * @param model anything that openModelFiles takes
 * @param folder new or empty
 * @throws EngineError as openModelFiles; "option.invalid" for a value beyond float16;
 *   "path.unwritable"; "cancelled". Nothing is left behind then
 */
export async function exportDirectory(
  model: string,
  folder: string,
  wish: DirectoryWish,
): Promise<void> {
  await writeDirectory(await openModelFiles(model), folder, wish);
}

/** As {@link exportDirectory}, of a model that is open. */
export async function writeDirectory(
  files: ModelFiles,
  folder: string,
  { precision, names, name, note, licence, signal }: DirectoryWish,
): Promise<void> {
  throwIfAborted(signal, "Exporting");
  const tensors = await readBackbone(files);
  throwIfAborted(signal, "Exporting");
  const params = Object.entries(tensors).map(([param, { data }]) => {
    if (!(data instanceof Float32Array)) throw new Error(`internal: ${param} is not of floats`);
    return [param, data] as const;
  });
  await writeModelDirectory(folder, {
    family: files.family,
    config: files.config,
    preprocessor: files.preprocessor,
    params: Object.fromEntries(params),
    name: name ?? files.name,
    trained: files.trained,
    note: note ?? files.note,
    licence: licence ?? files.licence,
    names,
    dtype: dtypes[precision],
  });
}
