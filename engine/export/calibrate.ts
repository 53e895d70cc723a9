/** What goes into a model's products, measured on photographs: the fixed steps of static int8. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import type { InferenceSession } from "onnxruntime-node";
import { elementType } from "../compiler/onnx-proto.ts";
import { loadOnnxRuntime, type OnnxRuntime } from "../executors/onnx-runtime.ts";
import { planInput } from "../image/plan-input.ts";
import { preprocess } from "../image/preprocess.ts";
import type { Items, Picture } from "../labels/labelled.ts";
import { prefixTokens } from "../model/config.ts";
import type { RopePrecision } from "../model/rope.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { ModelFiles } from "../weights/open-model.ts";
import { readParam } from "../weights/safetensors.ts";
import { backboneGraph } from "./backbone-graph.ts";
import { floatGraph } from "./grid-graph.ts";
import { floatProduct, type InputRange, type MatrixProduct } from "./matrix-products.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { ValueCounts } from "./value-counts.ts";
import { writeOnnx } from "./write-onnx.ts";

export interface CalibrationImages extends Items<Picture> {
  /** In words, without the path of anybody's folder. */
  readonly description: string;
}

export interface CalibrationJob {
  readonly images: CalibrationImages;
  /** For the float32 graph, which is written there and removed again. */
  readonly scratch: string;
  readonly rope: RopePrecision;
  readonly signal?: AbortSignal | undefined;
  /** @param fraction from 0 to 1, never less than before */
  readonly progress?: ((fraction: number) => void) | undefined;
}

/** Of a picture with more, so many are looked at, evenly spread; CLS and registers always. */
const mostPatches = 256;

const opset = 17;
const looked = "looked at";

/** What goes into one product or into several, and the output that shows it. */
interface Observed {
  readonly output: string;
  /** Of the weights. */
  readonly names: string[];
  readonly counts: ValueCounts;
}

/**
 * Photographs go through the float32 graph in ONNX Runtime, resized as the model wants them.
 *
 * @returns the range of what goes into each product, by the names of the weights: see
 *   ValueCounts.bestRange
 * @throws EngineError "cancelled"; as writeOnnx, and what loading a picture throws
 */
export async function calibrate(
  files: ModelFiles,
  job: CalibrationJob,
): Promise<Record<string, InputRange>> {
  const observed = new Map<string, Observed>();
  const path = join(job.scratch, "observed.onnx");
  try {
    await mkdir(job.scratch, { recursive: true });
    await writeObserved(files, path, observed, job);
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
    try {
      await look(files, { ort, session }, [...observed.values()], job);
    } finally {
      await session.release();
    }
  } finally {
    await rm(job.scratch, { recursive: true, force: true });
  }
  const ranges: Record<string, InputRange> = {};
  for (const { names, counts } of observed.values()) {
    await breathe();
    throwIfAborted(job.signal, "Calibrating");
    const range = counts.bestRange();
    for (const name of names) ranges[name] = range;
  }
  return ranges;
}

async function writeObserved(
  { config, params }: ModelFiles,
  path: string,
  observed: Map<string, Observed>,
  { rope, signal }: CalibrationJob,
): Promise<void> {
  const multiply: MatrixProduct = (graph, x, matrix) => {
    if (observed.size === 0) graph.input(looked, "float32", ["looked"]);
    const known = observed.get(x);
    if (known) known.names.push(matrix.name);
    else {
      const output = `into ${matrix.name}`;
      const some = graph.node("Gather", [x, placesLookedAt(graph, x)], { axis: 1 });
      graph.output(output, some, "float32", ["batch", "looked", matrix.inner]);
      observed.set(x, { output, names: [matrix.name], counts: new ValueCounts() });
    }
    return floatProduct(graph, x, matrix);
  };
  const graph = backboneGraph({
    config,
    read: (name) => readParam(params[name]!),
    opset,
    precision: "fp32",
    isFused: false,
    rope,
    multiply,
  });
  await writeOnnx(path, graph, { opset, description: "", metadata: {}, signal });
}

/** Of [batch, n, d]: the places along n that stand for the parts of the sequence that are looked at. */
function placesLookedAt(graph: OnnxGraph, x: string): string {
  const count = floatGraph(graph, graph.node("Shape", [x], { start: 1, end: 2 }));
  const place = graph.node("Floor", [graph.node("Mul", [looked, count])]);
  return graph.node("Cast", [place], { to: elementType.int64 });
}

async function look(
  { config, preprocessor }: ModelFiles,
  { ort, session }: { readonly ort: OnnxRuntime; readonly session: InferenceSession },
  observed: readonly Observed[],
  { images, signal, progress }: CalibrationJob,
): Promise<void> {
  for (let index = 0; index < images.count; index++) {
    // A run blocks the thread; a cancellation is heard between two.
    await breathe();
    throwIfAborted(signal, "Calibrating");
    const picture = await images.load(index);
    const geometry = planInput(picture, { kind: "model" }, preprocessor, config.patch);
    const { rows, cols } = geometry.grid;
    const { width, height } = geometry.input;
    const parts = partsLookedAt(prefixTokens(config), rows * cols);
    const input = preprocess(picture, geometry, preprocessor);
    const found = await session.run(
      {
        pixel_values: new ort.Tensor("float32", input, [1, 3, height, width]),
        [looked]: new ort.Tensor("float32", parts, [parts.length]),
      },
      observed.map(({ output }) => output),
    );
    for (const { output, counts } of observed) counts.add(found[output]!.data as Float32Array);
    progress?.((index + 1) / images.count);
  }
}

/**
 * Where the tokens that are looked at lie in the sequence, from 0 to 1: a stage of a ConvNeXt has more
 * places than the last one, and is looked at in the same parts of the picture.
 */
function partsLookedAt(prefix: number, patches: number): Float32Array {
  const count = Math.min(patches, mostPatches);
  const token = (i: number) =>
    i < prefix ? i : prefix + Math.floor(((i - prefix) * patches) / count);
  // The middle of a token, which no rounding moves to its neighbour.
  return Float32Array.from(
    { length: prefix + count },
    (_, i) => (token(i) + 0.5) / (prefix + patches),
  );
}
