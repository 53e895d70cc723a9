/**
 * What an ONNX file says of itself, read without loading it: metadata, inputs, outputs, and the files
 * beside it that it wants, each checked before any runtime follows it. Field numbers as in onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
import { appendFile, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import protobuf from "protobufjs/light.js";
import { EngineError } from "../protocol/errors.ts";
import { pathError } from "../weights/safetensors.ts";

export interface OnnxDescription {
  readonly metadata: Readonly<Record<string, string>>;
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Files of weights, by their names in the same folder; they exist and are as long as needed. */
  readonly external: readonly string[];
  /** Of the file itself. */
  readonly sizeBytes: number;
}

/** Protocol buffers end here. */
const mostBytes = 2 ** 31 - 1;

interface Entry {
  readonly key?: string;
  readonly value?: string;
}
interface StoredTensor {
  readonly name?: string;
  readonly externalData?: readonly Entry[];
  readonly dataLocation?: number;
}
interface Attribute {
  readonly t?: StoredTensor;
  readonly g?: Graph;
  readonly tensors?: readonly StoredTensor[];
  readonly graphs?: readonly Graph[];
}
interface Node {
  readonly attribute?: readonly Attribute[];
}
interface Graph {
  readonly node?: readonly Node[];
  readonly initializer?: readonly StoredTensor[];
  readonly sparseInitializer?: readonly { values?: StoredTensor; indices?: StoredTensor }[];
  readonly input?: readonly { name?: string }[];
  readonly output?: readonly { name?: string }[];
}
interface Model {
  readonly irVersion?: unknown;
  readonly graph?: Graph;
  readonly opsetImport?: readonly { domain?: string; version?: unknown }[];
  readonly metadataProps?: readonly Entry[];
  readonly functions?: readonly { node?: readonly Node[] }[];
}

const one = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });

/** Without the fields that hold values: what is not named here is passed over, however long it is. */
const modelType = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: one(1, "int64"),
        graph: one(7, "Graph"),
        opsetImport: many(8, "Opset"),
        metadataProps: many(14, "Entry"),
        functions: many(25, "Function"),
      },
    },
    Opset: { fields: { domain: one(1, "string"), version: one(2, "int64") } },
    Function: { fields: { node: many(7, "Node") } },
    Graph: {
      fields: {
        node: many(1, "Node"),
        initializer: many(5, "Tensor"),
        input: many(11, "Value"),
        output: many(12, "Value"),
        sparseInitializer: many(15, "SparseTensor"),
      },
    },
    Node: { fields: { attribute: many(5, "Attribute") } },
    Attribute: {
      fields: {
        t: one(5, "Tensor"),
        g: one(6, "Graph"),
        tensors: many(10, "Tensor"),
        graphs: many(11, "Graph"),
      },
    },
    Tensor: {
      fields: {
        name: one(8, "string"),
        externalData: many(13, "Entry"),
        dataLocation: one(14, "int32"),
      },
    },
    SparseTensor: { fields: { values: one(1, "Tensor"), indices: one(2, "Tensor") } },
    Value: { fields: { name: one(1, "string") } },
    Entry: { fields: { key: one(1, "string"), value: one(2, "string") } },
  },
}).lookupType("Model");

/**
 * @param path an .onnx file
 * @throws EngineError "path.missing", "path.unreadable"; "weights.format" for what is no ONNX or cut
 *   short, and for weights outside that are missing, too short, or anywhere but in the same folder
 */
export async function describeOnnx(path: string): Promise<OnnxDescription> {
  const { model, sizeBytes } = await decode(path);
  const { graph } = model;
  if (!graph || model.irVersion === undefined) {
    throw refuse(path, "expected an ONNX model, received other data without a graph");
  }
  const external = new Map<string, number>();
  for (const tensor of tensorsOf(model)) {
    const found = externalPlace(path, tensor);
    if (found) external.set(found.location, Math.max(found.end, external.get(found.location) ?? 0));
  }
  for (const [location, end] of external) await checkBeside(path, location, end);
  const own = model.opsetImport?.find(({ domain = "" }) => domain === "" || domain === "ai.onnx");
  return {
    metadata: Object.fromEntries(
      (model.metadataProps ?? []).map(({ key = "", value = "" }) => [key, value]),
    ),
    opset: Number(own?.version ?? 0),
    inputs: (graph.input ?? []).map(({ name = "" }) => name),
    outputs: (graph.output ?? []).map(({ name = "" }) => name),
    external: [...external.keys()],
    sizeBytes,
  };
}

/**
 * Add metadata to a finished file. Messages of Protocol Buffers may be put together by putting their
 * bytes together, and metadata is a list: nothing else of the file changes.
 */
export async function appendMetadata(path: string, key: string, value: string): Promise<void> {
  const tag = (id: number) => (id << 3) | 2;
  const entry = protobuf.Writer.create().uint32(tag(14)).fork();
  entry.uint32(tag(1)).string(key).uint32(tag(2)).string(value);
  await appendFile(path, entry.ldelim().finish(), { flush: true });
}

async function decode(path: string): Promise<{ model: Model; sizeBytes: number }> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw refuse(path, `expected less than 2 GiB, received ${size} bytes`);
    const bytes = await readFile(path);
    return { model: modelType.decode(bytes) as Model, sizeBytes: bytes.length };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (error instanceof Error && "syscall" in error) throw pathError(path, error);
    // Whatever the decoder says of bytes that are no message: out of range, wrong type, too deep.
    throw refuse(path, `expected an ONNX model, the file is damaged (${String(error)})`, error);
  }
}

function* tensorsOf({ graph, functions = [] }: Model): Generator<StoredTensor> {
  if (graph) yield* tensorsOfGraph(graph);
  for (const { node = [] } of functions) yield* tensorsOfNodes(node);
}

function* tensorsOfGraph(graph: Graph): Generator<StoredTensor> {
  yield* graph.initializer ?? [];
  for (const { values, indices } of graph.sparseInitializer ?? []) {
    if (values) yield values;
    if (indices) yield indices;
  }
  yield* tensorsOfNodes(graph.node ?? []);
}

function* tensorsOfNodes(nodes: readonly Node[]): Generator<StoredTensor> {
  for (const { t, g, tensors = [], graphs = [] } of nodes.flatMap((n) => n.attribute ?? [])) {
    if (t) yield t;
    yield* tensors;
    if (g) yield* tensorsOfGraph(g);
    for (const inner of graphs) yield* tensorsOfGraph(inner);
  }
}

function externalPlace(
  path: string,
  { name = "", externalData = [], dataLocation = 0 }: StoredTensor,
): { location: string; end: number } | undefined {
  if (dataLocation !== 1 && externalData.length === 0) return undefined;
  const value = (key: string) => externalData.find((entry) => entry.key === key)?.value;
  const location = value("location");
  if (location === undefined || location === "") {
    throw refuse(path, `the weight "${name}" lies outside, and the file does not say where`);
  }
  // Ours lie beside their file; a path that leads elsewhere is never followed.
  const isName = basename(location) === location && !/[\\/:\0]/.test(location);
  if (!isName || location === "." || location === "..") {
    throw refuse(
      path,
      `the weight "${name}" is to be read from "${location}": expected the name of a file in the same folder`,
    );
  }
  const [offset, length] = [value("offset") ?? "0", value("length") ?? "0"];
  if (!/^\d{1,16}$/.test(offset) || !/^\d{1,16}$/.test(length)) {
    throw refuse(
      path,
      `the weight "${name}": expected whole numbers for offset and length, received "${offset}" and "${length}"`,
    );
  }
  return { location, end: Number(offset) + Number(length) };
}

async function checkBeside(path: string, location: string, end: number): Promise<void> {
  const folder = dirname(path);
  const file = join(folder, location);
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() !== true) {
    throw refuse(path, `its weights lie in ${location}, which is not beside it`);
  }
  if (!(await realpath(file)).startsWith(`${await realpath(folder)}${sep}`)) {
    throw refuse(path, `its weights lie in ${location}, a link that leads out of the folder`);
  }
  if (info.size < end) {
    throw refuse(
      path,
      `its weights in ${location} end at byte ${end}, the file has ${info.size}: it is cut short`,
    );
  }
}

function refuse(path: string, problem: string, cause?: unknown): EngineError {
  return new EngineError("weights.format", `${path}: ${problem}`, {
    hint: "Copy or export the whole folder again.",
    cause,
  });
}
