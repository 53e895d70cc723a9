/** An ONNX graph as a file: weights inside while they fit, in a file of their own beyond that. */
import { open, writeFile, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { elementType, encodeModel, type OnnxTensor } from "../compiler/onnx-proto.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import { weightBytes, type OnnxGraph, type OnnxWeight } from "./onnx-graph.ts";

export interface OnnxFileOptions {
  readonly opset: number;
  /** For people, in one sentence. */
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes of weights up to which they lie in the file itself. */
  readonly mostInside?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every weight. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** Protocol buffers end at 2 GiB; from here on a copy in memory is not welcome either. */
const defaultMostInside = 2 ** 30;

/** ONNX Runtime maps what starts on a page; the largest page size in use is Apple's 16 KiB. */
const alignment = 2 ** 14;

/** Smaller ones stay in the file: shapes are read before any data is. */
const leastOutside = 1024;

/** IR version 8 came with opset 17, version 10 with opset 21: runtimes refuse what is newer than they. */
function irVersion(opset: number): number {
  return opset >= 21 ? 10 : opset >= 19 ? 9 : 8;
}

/**
 * Write to a folder that is thrown away if this fails. Weights outside lie in FILE_data.
 * @param path FILE.onnx
 */
export async function writeOnnx(
  path: string,
  graph: OnnxGraph,
  options: OnnxFileOptions,
): Promise<void> {
  const { opset, description, metadata, mostInside = defaultMostInside } = options;
  const total = graph.weights.reduce((sum, weight) => sum + weightBytes(weight), 0);
  const initializer =
    total <= mostInside
      ? await readInside(graph.weights, options)
      : await writeOutside(`${path}_data`, graph.weights, options);
  const hasOwn = graph.nodes.some(({ domain }) => domain !== "");
  const bytes = encodeModel({
    irVersion: irVersion(opset),
    producerName: "gramscope",
    docString: description,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    opsetImport: [
      { domain: "", version: opset },
      ...(hasOwn ? [{ domain: "com.microsoft", version: 1 }] : []),
    ],
    graph: {
      name: basename(dirname(path)),
      node: graph.nodes,
      initializer,
      input: graph.inputs,
      output: graph.outputs,
    },
  });
  await writeFile(path, bytes, { flag: "wx", flush: true });
}

async function readInside(
  weights: readonly OnnxWeight[],
  { signal, progress }: OnnxFileOptions,
): Promise<OnnxTensor[]> {
  const tensors: OnnxTensor[] = [];
  for (const weight of weights) {
    throwIfAborted(signal, "Exporting");
    tensors.push({ ...description(weight), rawData: await checkedBytes(weight) });
    progress?.(tensors.length, weights.length);
  }
  return tensors;
}

async function writeOutside(
  path: string,
  weights: readonly OnnxWeight[],
  { signal, progress }: OnnxFileOptions,
): Promise<OnnxTensor[]> {
  const handle = await open(path, "wx");
  try {
    const tensors: OnnxTensor[] = [];
    let offset = 0;
    for (const weight of weights) {
      throwIfAborted(signal, "Exporting");
      const rawData = await checkedBytes(weight);
      if (rawData.length < leastOutside) tensors.push({ ...description(weight), rawData });
      else {
        offset = Math.ceil(offset / alignment) * alignment;
        await writeAt(handle, rawData, offset);
        tensors.push({
          ...description(weight),
          dataLocation: 1,
          externalData: [
            { key: "location", value: basename(path) },
            { key: "offset", value: String(offset) },
            { key: "length", value: String(rawData.length) },
          ],
        });
        offset += rawData.length;
      }
      progress?.(tensors.length, weights.length);
    }
    await handle.sync();
    return tensors;
  } finally {
    await handle.close();
  }
}

function description({ name, type, dims }: OnnxWeight) {
  return { name, dims, dataType: elementType[type] };
}

async function checkedBytes(weight: OnnxWeight): Promise<Uint8Array> {
  const bytes = await weight.read();
  if (bytes.length === weightBytes(weight)) return bytes;
  throw new Error(`internal: ${weight.name} has ${bytes.length} bytes, not ${weightBytes(weight)}`);
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
