/** A model as a folder of ONNX files, laid out as transformers.js loads it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RopePrecision } from "../model/rope.ts";
import { describePositions } from "../model/describe-positions.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { opsetRange } from "../protocol/exporting.ts";
import { readParam } from "../weights/safetensors.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { writeModelConfig } from "../weights/write-model.ts";
import { calibrate, type CalibrationImages } from "./calibrate.ts";
import { staticProduct, type InputRange } from "./matrix-products.ts";
import { backboneGraph } from "./backbone-graph.ts";
import type { OnnxPrecision } from "./network-parts.ts";
import { writeWholeFolder } from "../files/whole-folder.ts";
import { writeOnnx } from "./write-onnx.ts";

export interface OnnxWish {
  /** One file each, in one folder. */
  readonly precisions: readonly OnnxPrecision[];
  readonly opset: number;
  readonly isFused: boolean;
  readonly rope: RopePrecision;
  /** What int8-static is calibrated on; asked for by it alone. */
  readonly calibration?: CalibrationImages | undefined;
  /** More for the metadata of every file. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @param fraction from 0 to 1, never less than before */
  readonly progress?: ((fraction: number, label: string) => void) | undefined;
}

/** As transformers.js names them by its dtypes: fp32, fp16, q8, int8, q4. */
const fileNames: Readonly<Record<OnnxPrecision, string>> = {
  fp32: "model",
  fp16: "model_fp16",
  int8: "model_quantized",
  "int8-static": "model_int8",
  int4: "model_q4",
};

/** The file of one precision, from the folder. */
export function onnxFile(precision: OnnxPrecision): string {
  return join("onnx", `${fileNames[precision]}.onnx`);
}

/**
 * @param model anything that openModelFiles takes
 * @param folder new or empty; it appears whole or not at all
 * @throws EngineError as openModelFiles, checkOpset and checkCalibration; "path.unwritable", "disk.full", "cancelled"
 */
export async function exportOnnx(model: string, folder: string, wish: OnnxWish): Promise<void> {
  checkOpset(wish.opset);
  checkCalibration(wish.precisions, wish.calibration !== undefined);
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

/** @throws EngineError "option.invalid" for int8-static without photographs, or these without it */
export function checkCalibration(precisions: readonly string[], isCalibrated: boolean): void {
  const isStatic = precisions.includes("int8-static");
  if (isStatic === isCalibrated) return;
  throw new EngineError(
    "option.invalid",
    isStatic
      ? "--precision int8-static: expected --calibrate with a folder of photographs, received none"
      : `--calibrate: expected int8-static among the precisions, received ${precisions.join(", ")}`,
    { hint: "int8-static fixes its steps on photographs of yours; int8 finds them as it runs." },
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
  await writeModelConfig(folder, { ...files, dtype: "F32" }, "onnx");
  const parts = precisions.length + (wish.calibration ? 1 : 0);
  const ranges = await calibrated(files, folder, wish, (part) =>
    wish.progress?.(part / parts, "Calibrating int8-static"),
  );
  const first = parts - precisions.length;
  for (const [i, precision] of precisions.entries()) {
    throwIfAborted(signal, "Exporting");
    const label = `Writing ${fileNames[precision]}.onnx`;
    const path = join(folder, onnxFile(precision));
    await writeOne(files, path, { ...wish, precision, ranges }, (part) =>
      wish.progress?.((first + i + part) / parts, label),
    );
  }
}

async function calibrated(
  files: ModelFiles,
  folder: string,
  { calibration, rope, signal }: OnnxWish,
  progress: (part: number) => void,
): Promise<Readonly<Record<string, InputRange>> | undefined> {
  if (!calibration) return undefined;
  const scratch = join(folder, "calibration");
  return calibrate(files, { images: calibration, scratch, rope, signal, progress });
}

async function writeOne(
  files: ModelFiles,
  path: string,
  wish: OnnxWish & {
    readonly precision: OnnxPrecision;
    readonly ranges: Readonly<Record<string, InputRange>> | undefined;
  },
  progress: (part: number) => void,
): Promise<void> {
  const { opset, precision, ranges, calibration, isFused, rope, signal } = wish;
  const isStatic = precision === "int8-static";
  const { config, preprocessor, params } = files;
  const graph = backboneGraph({
    config,
    opset,
    precision,
    isFused,
    rope,
    multiply: isStatic && ranges ? staticProduct(ranges) : undefined,
    read: async (name) => {
      const source = params[name];
      if (!source) throw new Error(`internal: the model has no parameter ${name}`);
      return readParam(source);
    },
  });
  const { licence, note, name, variant, trained } = files;
  const positions = describePositions(config);
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
      ...(positions === undefined ? {} : { positions }),
      ...(isStatic && calibration ? { calibration: calibration.description } : {}),
      ...(licence === undefined ? {} : { licence }),
      ...(note === undefined ? {} : { note }),
    },
    signal,
    progress: (done, total) => progress(done / total),
  });
}
