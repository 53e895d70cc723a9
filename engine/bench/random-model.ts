/** Model directories with random weights, of any shape: for timing, not for looking. */
import { dinov3Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import { paramShapes } from "../model/params.ts";
import { elementCount } from "../protocol/tensor.ts";
import { writeModelDirectory } from "../weights/write-model.ts";

/** Write a model (F32) of a shape into `folder`, which is made. */
export async function writeRandomModel(
  folder: string,
  config: VitConfig,
  title: string,
): Promise<void> {
  // One tensor in memory at a time: a 7B has 27 GB of them.
  const params = Object.entries(paramShapes(config)).map(
    ([name, shape], i) => [name, () => uniform(elementCount(shape), 0.02, i + 1)] as const,
  );
  await writeModelDirectory(folder, {
    config,
    preprocessor: dinov3Preprocessor,
    params: Object.fromEntries(params),
    name: `random ${title}`,
    trained: false,
  });
}

/** Uniform in (-scale, scale) by xorshift32: fast, and the same on every machine. */
function uniform(length: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = ((state >>> 0) / 2 ** 31 - 1) * scale;
  }
  return values;
}
