/**
 * Recorded batches: the very numbers that training steps saw, in one safetensors file, for parity
 * tests and reports of bugs (design.md section 4: stepK.global, .local, .gram, .masks, .rescale).
 */
import { EngineError } from "../protocol/errors.ts";
import {
  openToRead,
  readSafetensors,
  readTensor,
  type SafetensorsFile,
  type TensorEntry,
} from "../weights/safetensors.ts";
import { writeSafetensors, type TensorToWrite } from "../weights/write-safetensors.ts";
import type { Batch, BatchSource, CropSizes, LoadedBatch } from "./batch.ts";
import { listMasked } from "./masks.ts";

/** What a reader knows of the batches and wants to be told about now, not in a shape's message. */
export interface RecordedWish {
  readonly batchSize?: number;
  readonly localCrops?: number;
  /** Side of a patch in pixels. */
  readonly patch?: number;
}

export interface RecordedSource extends BatchSource {
  /** Steps 0 to steps - 1 can be loaded. */
  readonly steps: number;
}

/** Shapes of one recorded step, found to agree with each other. */
interface RecordedStep {
  readonly images: number;
  readonly sizes: CropSizes;
  readonly patches: number;
  readonly entries: Readonly<Record<keyof typeof parts, TensorEntry | undefined>>;
}

const floats = ["F32", "F16", "BF16"];
const bytes = ["U8", "BOOL"];

/** Tensors of a step: dtypes, number of axes, and whether it can do without. */
const parts = {
  global: { dtypes: floats, axes: 4, needed: true, shape: "[2B, 3, H, H]" },
  local: { dtypes: floats, axes: 4, needed: false, shape: "[nB, 3, h, h]" },
  gram: { dtypes: floats, axes: 4, needed: false, shape: "[2B, 3, H2, H2]" },
  masks: { dtypes: bytes, axes: 2, needed: true, shape: "[2B, P]" },
  rescale: { dtypes: floats, axes: 1, needed: false, shape: "[1]" },
} as const;
type Part = keyof typeof parts;
const partNames = Object.keys(parts) as Part[];

/**
 * Write batches as steps 0, 1, ...
 * @throws EngineError "path.unwritable"
 */
export async function writeRecorded(path: string, batches: readonly LoadedBatch[]): Promise<void> {
  await writeSafetensors(
    path,
    batches.flatMap((loaded, step) => tensorsOf(loaded, step)),
  );
}

/**
 * Open recorded batches; every shape is checked now, values are read step by step.
 * @throws EngineError "data.recorded" with the tensor, what was expected and what came;
 *   "path.missing", "path.unreadable" or "weights.format" when it is no safetensors file
 */
export async function openRecordedSource(
  path: string,
  wish: RecordedWish = {},
): Promise<RecordedSource> {
  const file = await readSafetensors(path);
  const steps = checkSteps(file, path, wish);
  return {
    skipped: [],
    description: `${steps.length === 1 ? "1 recorded batch" : `${steps.length} recorded batches`} in ${path}`,
    steps: steps.length,
    prefetch: () => {},
    load: async (step) => {
      const recorded = steps[step];
      if (!recorded) {
        throw new EngineError(
          "data.recorded",
          `${path}: expected a step from 0 to ${steps.length - 1}, received ${step}: ${steps.length} ${steps.length === 1 ? "step is" : "steps are"} recorded`,
          { hint: "Train for as many steps as are recorded, accumulated passes counted." },
        );
      }
      return loadStep(file, path, recorded, step);
    },
    close: async () => {},
  };
}

function tensorsOf({ batch, sizes, images, rescale }: LoadedBatch, step: number): TensorToWrite[] {
  const pictures = (part: "global" | "local" | "gram", data: Float32Array): TensorToWrite => {
    const side = sizes[part];
    const shape = [data.length / (3 * side * side), 3, side, side];
    return { name: `step${step}.${part}`, dtype: "F32", shape, data };
  };
  const patches = batch.masks.length / (2 * images);
  return [
    pictures("global", batch.global),
    ...(batch.local.length > 0 ? [pictures("local", batch.local)] : []),
    ...(batch.gram ? [pictures("gram", batch.gram)] : []),
    { name: `step${step}.masks`, dtype: "U8", shape: [2 * images, patches], data: batch.masks },
    { name: `step${step}.rescale`, dtype: "F32", shape: [1], data: Float32Array.of(rescale) },
  ];
}

function checkSteps(file: SafetensorsFile, path: string, wish: RecordedWish): RecordedStep[] {
  const numbers = new Set<number>();
  for (const name of file.tensors.keys()) {
    const found = /^step(0|[1-9]\d*)\.(\w+)$/.exec(name);
    if (!found || !Object.hasOwn(parts, found[2]!)) {
      throw refuse(path, name, `stepK.${partNames.join(", stepK.")}`, "another name");
    }
    numbers.add(Number(found[1]));
  }
  if (numbers.size === 0) throw refuse(path, "step0.global", "a tensor", "an empty file");
  const missing = Array.from({ length: numbers.size }, (_, k) => k).find((k) => !numbers.has(k));
  if (missing !== undefined) {
    const received = `steps up to ${Math.max(...numbers)} without it`;
    throw refuse(path, `step${missing}.global`, "steps 0, 1, ... without a gap", received);
  }
  return Array.from({ length: numbers.size }, (_, k) => checkStep(file, path, k, wish));
}

function checkStep(
  file: SafetensorsFile,
  path: string,
  step: number,
  wish: RecordedWish,
): RecordedStep {
  const entries = Object.fromEntries(
    partNames.map((part) => [part, findPart(file, path, step, part)]),
  ) as RecordedStep["entries"];
  const fail = (part: Part, expected: string, received = show(entries[part])) =>
    refuse(path, `step${step}.${part}`, expected, received);
  const pictures = (part: "global" | "local" | "gram"): { crops: number; side: number } => {
    const entry = entries[part];
    if (!entry) return { crops: 0, side: 0 };
    const [crops, channels, height, width] = entry.shape as [number, number, number, number];
    if (channels !== 3 || height !== width || height === 0) throw fail(part, parts[part].shape);
    return { crops, side: height };
  };

  const [global, local, gram] = [pictures("global"), pictures("local"), pictures("gram")];
  const images = global.crops / 2;
  if (!Number.isInteger(images) || images === 0) {
    throw fail("global", "an even number of crops, two of each image");
  }
  if (wish.batchSize !== undefined && images !== wish.batchSize) {
    throw fail("global", `${2 * wish.batchSize} crops, two of each of ${wish.batchSize} images`);
  }
  const locals = (wish.localCrops ?? 0) * images;
  if (wish.localCrops === undefined ? local.crops % images !== 0 : local.crops !== locals) {
    const count = wish.localCrops === undefined ? "as many crops" : `${wish.localCrops} crops`;
    throw fail("local", `${count} of each of ${images} images`);
  }
  if (entries.gram && gram.crops !== global.crops) {
    throw fail("gram", `${global.crops} crops, as many as global crops`);
  }
  const [maskedCrops, patches] = entries.masks!.shape as [number, number];
  const rows = wish.patch === undefined ? Math.sqrt(patches) : global.side / wish.patch;
  const fits = Number.isInteger(rows) && patches === rows * rows && global.side % rows === 0;
  if (maskedCrops !== global.crops || !fits || rows === 0) {
    const grid = wish.patch === undefined ? "P patches, a square" : `${rows * rows} patches`;
    throw fail("masks", `[${global.crops}, P] with ${grid} of crops of ${global.side} px`);
  }
  const sizes = { global: global.side, local: local.side, gram: gram.side };
  return { images, sizes, patches, entries };
}

function findPart(
  file: SafetensorsFile,
  path: string,
  step: number,
  part: Part,
): TensorEntry | undefined {
  const name = `step${step}.${part}`;
  const entry = file.tensors.get(name);
  const { dtypes, axes, needed, shape } = parts[part];
  if (!entry) {
    if (needed) throw refuse(path, name, `${dtypes.join(" or ")} ${shape}`, "no such tensor");
    return undefined;
  }
  const isScalar = part === "rescale" && entry.shape.reduce((a, b) => a * b, 1) === 1;
  const known: readonly string[] = dtypes;
  if (!known.includes(entry.dtype) || (entry.shape.length !== axes && !isScalar)) {
    throw refuse(path, name, `${dtypes.join(" or ")} ${shape}`, show(entry));
  }
  return entry;
}

async function loadStep(
  file: SafetensorsFile,
  path: string,
  { images, sizes, patches, entries }: RecordedStep,
  step: number,
): Promise<LoadedBatch> {
  const read = async (part: Part): Promise<Float32Array> => {
    const entry = entries[part];
    if (!entry) return new Float32Array(0);
    const values = await readTensor(file, entry);
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      const received = `${values[at]} at element ${at}`;
      throw refuse(path, `step${step}.${part}`, "finite numbers", received);
    }
    return values;
  };
  const masks = await readBytes(file, entries.masks!);
  const odd = masks.findIndex((value) => value > 1);
  if (odd >= 0) {
    const received = `${masks[odd]} at element ${odd}`;
    throw refuse(path, `step${step}.masks`, "0 or 1", received);
  }
  const batch: Batch = {
    global: await read("global"),
    local: await read("local"),
    ...(entries.gram && { gram: await read("gram") }),
    ...listMasked(masks, patches),
  };
  const [rescale = 1] = await read("rescale");
  if (rescale <= 0) {
    throw refuse(path, `step${step}.rescale`, "a factor above 0", String(rescale));
  }
  return { batch, sizes, images, rescale, origins: [] };
}

/** A tensor of bytes, as it lies in the file. */
async function readBytes(
  file: SafetensorsFile,
  { name, byteOffset, byteLength }: TensorEntry,
): Promise<Uint8Array> {
  const { handle } = await openToRead(file.path);
  try {
    const values = new Uint8Array(byteLength);
    const { bytesRead } = await handle.read(values, 0, byteLength, byteOffset);
    if (bytesRead === byteLength) return values;
    throw refuse(file.path, name, `${byteLength} bytes`, `${bytesRead}: the file ended`);
  } finally {
    await handle.close();
  }
}

function refuse(path: string, tensor: string, expected: string, received: string): EngineError {
  return new EngineError(
    "data.recorded",
    `${path}, ${tensor}: expected ${expected}, received ${received}`,
    {
      hint: "A recorded batch has global, masks, and where used local, gram and rescale, from step0 on.",
    },
  );
}

function show(entry: TensorEntry | undefined): string {
  return entry ? `${entry.dtype} [${entry.shape.join(", ")}]` : "no such tensor";
}
