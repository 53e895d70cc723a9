/** A model as a folder of ONNX files, laid out as transformers.js loads it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { opsetRange } from "../protocol/exporting.ts";
import { readParam } from "../weights/safetensors.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { writeModelConfig } from "../weights/write-model.ts";
import { vitGraph, type OnnxPrecision } from "./vit-graph.ts";
import { writeWholeFolder } from "../files/whole-folder.ts";
import { writeOnnx } from "./write-onnx.ts";

export interface OnnxWish {
  /** One file each, in one folder. */
  readonly precisions: readonly OnnxPrecision[];
  readonly opset: number;
  readonly isFused: boolean;
  readonly rope: RopePrecision;
  /** More for the metadata of every file. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
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
 * @throws EngineError as openModelFiles and checkOpset; "path.unwritable", "disk.full", "cancelled"
 */
export async function exportOnnx(model: string, folder: string, wish: OnnxWish): Promise<void> {
  checkOpset(wish.opset);
  const files = await openModelFiles(model);
  await writeWholeFolder(folder, async (temporary) => {
    await writeOnnxFolder(files, temporary, wish);
    return "";
  });
}

/** @throws EngineError "option.invalid" for an opset that is not there */
export function checkOpset(opset: number): void {
  const [least, most] = opsetRange;
  if (Number.isInteger(opset) && opset >= least && opset <= most) return;
  throw new EngineError(
    "option.invalid",
    `--opset: expected a whole number from ${least} to ${most}, received ${opset}`,
  );
}

/** @param folder that is not there yet, and is thrown away if this fails */
export async function writeOnnxFolder(
  files: ModelFiles,
  folder: string,
  wish: OnnxWish,
): Promise<void> {
  const { precisions, signal } = wish;
  await mkdir(join(folder, "onnx"), { recursive: true });
  await writeModelConfig(folder, { ...files, dtype: "F32" });
  for (const [i, precision] of precisions.entries()) {
    throwIfAborted(signal, "Exporting");
    const label = `Writing ${fileNames[precision]}.onnx`;
    await writeOne(files, join(folder, onnxFile(precision)), precision, wish, (part) =>
      wish.progress?.((i + part) / precisions.length, label),
    );
  }
}

async function writeOne(
  files: ModelFiles,
  path: string,
  precision: OnnxPrecision,
  wish: OnnxWish,
  progress: (part: number) => void,
): Promise<void> {
  const { opset, isFused, rope, signal } = wish;
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
      ...wish.metadata,
      model: name,
      ...(variant === undefined ? {} : { variant }),
      trained: String(trained),
      precision,
      patch: String(config.patch),
      preprocessing: JSON.stringify(preprocessor),
      rope,
      ...(licence === undefined ? {} : { licence }),
      ...(note === undefined ? {} : { note }),
    },
    signal,
    progress: (done, total) => progress(done / total),
  });
}
