/** An exported ONNX file as a third party loads it: ONNX Runtime, from the file alone, its own defaults. */
import { dirname, join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { loadOnnxRuntime } from "../executors/onnx-runtime.ts";
import { describeOnnx, type OnnxDescription } from "../export/read-onnx.ts";
import { preprocessor as preprocessorSchema, type Preprocessor } from "../image/preprocessor.ts";
import { EngineError } from "../protocol/errors.ts";
import { parseHfPreprocessor } from "../weights/hf-preprocessor.ts";
import { readJson } from "../weights/model-tensors.ts";
import { modelInput, type TokenSource } from "./token-source.ts";

export interface OnnxSource extends TokenSource {
  readonly description: OnnxDescription;
}

const [inputName, tokensName, patchesName] = [
  "pixel_values",
  "last_hidden_state",
  "patches",
] as const;

/**
 * @param file an .onnx file in the folder "onnx" of an export, or anywhere
 * @throws EngineError as describeOnnx; "weights.format" where it is not one of ours or the runtime
 *   refuses it; "config.invalid" for its preprocessing
 */
export async function openOnnxSource(file: string): Promise<OnnxSource> {
  const description = await describeOnnx(file);
  const plan = {
    preprocessor: await preprocessorOf(file, description),
    patch: patchOf(file, description),
  };
  for (const [names, wanted] of [
    [description.inputs, inputName],
    [description.outputs, tokensName],
    [description.outputs, patchesName],
  ] as const) {
    if (names.includes(wanted)) continue;
    throw refuse(
      file,
      `expected ${wanted} among its names, received ${names.slice(0, 8).join(", ")}`,
    );
  }
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 }).catch(
    (error: unknown) => {
      throw refuse(file, `ONNX Runtime cannot load it: ${words(error)}`, error);
    },
  );
  const { versions } = ort.env;
  return {
    description,
    runtime: `ONNX Runtime ${versions.node ?? versions.common}, CPU`,
    async see(picture, size) {
      const { geometry, input } = modelInput(picture, size, plan);
      const { width, height } = geometry.input;
      const feeds = { [inputName]: new ort.Tensor("float32", input, [1, 3, height, width]) };
      const started = performance.now();
      const found = await session.run(feeds, [tokensName, patchesName]).catch((error: unknown) => {
        throw refuse(file, `it fails on ${width}x${height} px: ${words(error)}`, error);
      });
      const elapsedMs = performance.now() - started;
      const { rows, cols } = geometry.grid;
      const all = floats(file, tokensName, found[tokensName]!);
      const patches = floats(file, patchesName, found[patchesName]!);
      const [, count, d] = found[patchesName]!.dims;
      if (count !== rows * cols || d === undefined) {
        throw refuse(
          file,
          `${patchesName}: expected [1, ${rows * cols}, d], received [${found[patchesName]!.dims.join(", ")}]`,
        );
      }
      return { geometry, all, patches, width: d, elapsedMs };
    },
    dispose: () => session.release(),
  };
}

/** As transformers.js reads it, from the folder; else as the file itself has it. */
async function preprocessorOf(file: string, { metadata }: OnnxDescription): Promise<Preprocessor> {
  for (const folder of [dirname(file), dirname(dirname(file))]) {
    const path = join(folder, "preprocessor_config.json");
    const json = await readJson(path);
    if (json !== undefined) return parseHfPreprocessor(json, path);
  }
  try {
    return preprocessorSchema.parse(JSON.parse(metadata["preprocessing"] ?? ""));
  } catch (error) {
    throw refuse(
      file,
      "expected preprocessor_config.json beside it, or its preprocessing in its metadata",
      error,
    );
  }
}

function patchOf(file: string, { metadata }: OnnxDescription): number {
  const text = metadata["patch"] ?? "";
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw refuse(file, `expected the side of a patch in its metadata ("patch"), received "${text}"`);
}

function floats(file: string, name: string, tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw refuse(file, `${name}: expected float32, received ${tensor.type}`);
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refuse(file: string, problem: string, cause?: unknown): EngineError {
  return new EngineError("weights.format", `${file}: ${problem}`, {
    hint: "Expected an ONNX file as gramscope export writes it; export the model again.",
    cause,
  });
}
