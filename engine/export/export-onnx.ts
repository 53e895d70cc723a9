/** A model as a folder of ONNX files, laid out as transformers.js loads it. */
import { mkdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { diskRefusal, temporaryName } from "../runs/durable.ts";
import { readParam } from "../weights/safetensors.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { refuseFilled, writeModelConfig } from "../weights/write-model.ts";
import { vitGraph, type OnnxPrecision } from "./vit-graph.ts";
import { writeOnnx } from "./write-onnx.ts";

export const opsets: readonly [least: number, most: number] = [17, 22];

export interface OnnxWish {
  /** One file each, in one folder. */
  readonly precisions: readonly OnnxPrecision[];
  readonly opset: number;
  readonly isFused: boolean;
  readonly rope: RopePrecision;
  readonly signal?: AbortSignal | undefined;
  /** @param fraction from 0 to 1, never less than before */
  readonly progress?: ((fraction: number, label: string) => void) | undefined;
}

/** As transformers.js names them by its dtypes: fp32, fp16, q8, q4. */
const fileNames: Readonly<Record<OnnxPrecision, string>> = {
  fp32: "model",
  fp16: "model_fp16",
  int8: "model_quantized",
  int4: "model_q4",
};

/** The file of one precision, from the folder. */
export function onnxFile(precision: OnnxPrecision): string {
  return join("onnx", `${fileNames[precision]}.onnx`);
}

/**
 * @param model anything that openModelFiles takes
 * @param folder new or empty; it appears whole or not at all
 * @throws EngineError as openModelFiles; "option.invalid" for an opset that is not there;
 *   "path.unwritable", "disk.full", "cancelled"
 */
export async function exportOnnx(model: string, folder: string, wish: OnnxWish): Promise<void> {
  const { precisions, opset, signal } = wish;
  const [least, most] = opsets;
  if (!Number.isInteger(opset) || opset < least || opset > most) {
    throw new EngineError(
      "option.invalid",
      `--opset: expected a whole number from ${least} to ${most}, received ${opset}`,
    );
  }
  const files = await openModelFiles(model);
  const target = resolve(folder);
  const temporary = temporaryName(target);
  try {
    await refuseFilled(target);
    await mkdir(join(temporary, "onnx"), { recursive: true });
    await writeModelConfig(temporary, { ...files, dtype: "F32" });
    for (const [i, precision] of precisions.entries()) {
      throwIfAborted(signal, "Exporting");
      const label = `Writing ${fileNames[precision]}.onnx`;
      await writeOne(files, join(temporary, onnxFile(precision)), precision, wish, (part) =>
        wish.progress?.((i + part) / precisions.length, label),
      );
    }
    await mkdir(dirname(target), { recursive: true });
    // Only a missing or an empty folder comes this far; Windows does not rename over an empty one.
    await rmdir(target).catch(() => {});
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // The first error counts.
    throw diskRefusal(folder, error);
  }
}

async function writeOne(
  files: ModelFiles,
  path: string,
  precision: OnnxPrecision,
  { opset, isFused, rope, signal }: OnnxWish,
  progress: (part: number) => void,
): Promise<void> {
  const { config, preprocessor, params } = files;
  const graph = vitGraph({
    config,
    opset,
    precision,
    isFused,
    rope,
    read: async (name) => {
      const source = params[name];
      if (!source) throw new Error(`internal: the model has no parameter ${name}`);
      return readParam(source);
    },
  });
  const { licence, note, name, variant, trained } = files;
  await writeOnnx(path, graph, {
    opset,
    description: `${name}: tokens of pictures whose sides are multiples of ${config.patch} px`,
    metadata: {
      model: name,
      ...(variant === undefined ? {} : { variant }),
      trained: String(trained),
      precision,
      preprocessing: JSON.stringify(preprocessor),
      rope,
      ...(licence === undefined ? {} : { licence }),
      ...(note === undefined ? {} : { note }),
    },
    signal,
    progress: (done, total) => progress(done / total),
  });
}
