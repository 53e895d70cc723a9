/**
 * Features of the original on scenes of the built-in world, beside the export: with them anyone
 * repeats the proof without the original. A scene is drawn again from its number, so no picture is
 * stored, and nobody's own.
 */
import { z } from "zod";
import { readTensors } from "../runs/tensor-file.ts";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { geometry } from "../protocol/geometry.ts";
import { formatInputSize, parseInputSize, type InputSize } from "../protocol/view.ts";
import { readSafetensors } from "../weights/safetensors.ts";
import { writeSafetensors, type TensorToWrite } from "../weights/write-safetensors.ts";
import { breathe } from "../session/control.ts";
import { proofScenes, type ProofImages } from "./proof-images.ts";
import type { SeenTokens, TokenSource } from "./token-source.ts";

export const referenceFile = "parity/reference.safetensors";
const scenes = 2;
/** The model's own, and one that is no square: the positions depend on the shape. */
export const referenceSizes: readonly InputSize[] = [
  { kind: "model" },
  { kind: "exact", width: 320, height: 192 },
];

export interface Reference {
  readonly images: ProofImages;
  readonly sizes: readonly InputSize[];
  readonly original: TokenSource;
  /** Of the model that it was computed with. */
  readonly model: string;
  readonly fingerprint: string;
}

const metadataSchema = z.object({
  version: z.literal("1"),
  model: z.string(),
  fingerprint: z.string(),
  scenes: z.string(),
  sizes: z.string(),
  /** JSON: by tensor, its geometry and how many of its rows are patches. */
  layout: z.string(),
});
const layoutSchema = z.record(z.string(), z.object({ geometry, patches: z.int().positive() }));

/** @param path of a file that is not there yet, in a folder that is thrown away if this fails */
export async function writeReference(
  path: string,
  original: TokenSource,
  about: { readonly name: string; readonly fingerprint: string },
  signal?: AbortSignal,
): Promise<void> {
  const images = proofScenes(scenes);
  const tensors: TensorToWrite[] = [];
  const layout: z.input<typeof layoutSchema> = {};
  for (const size of referenceSizes) {
    for (let index = 0; index < images.count; index++) {
      await breathe();
      throwIfAborted(signal, "The proof of the export");
      const picture = await images.load(index);
      const { all, patches, width, geometry } = await original.see(picture, size, index);
      const name = tensorName(index, size);
      tensors.push({ name, dtype: "F32", shape: [all.length / width, width], data: all });
      layout[name] = { geometry, patches: patches.length / width };
    }
  }
  const metadata: z.input<typeof metadataSchema> = {
    version: "1",
    model: about.name,
    fingerprint: about.fingerprint,
    scenes: images.fingerprint,
    sizes: referenceSizes.map(formatInputSize).join(","),
    layout: JSON.stringify(layout),
  };
  await writeSafetensors(path, tensors, metadata);
}

/**
 * @throws EngineError "path.missing", "weights.format"; "run.version" where the scenes of this
 *   program are others than those of the one that wrote it
 */
export async function readReference(path: string): Promise<Reference> {
  const refuse = (problem: string, cause?: unknown) =>
    new EngineError("weights.format", `${path}: ${problem}`, {
      hint: "Copy the whole exported folder again, or name the original with --against.",
      cause,
    });
  const parsed = metadataSchema.safeParse((await readSafetensors(path)).metadata);
  if (!parsed.success) throw refuse("expected the reference features of a parity card");
  const about = parsed.data;
  const images = proofScenes(scenes);
  if (about.scenes !== images.fingerprint) {
    throw new EngineError(
      "run.version",
      `${path}: expected features of ${images.fingerprint}, received ${about.scenes}`,
      { hint: "Another version of Gramscope made it. Name the original with --against." },
    );
  }
  const layout = parseLayout(about.layout, refuse);
  const sizes = about.sizes.split(",").map(parseInputSize);
  const tensors = await readTensors(path);
  const seen = new Map<string, SeenTokens>();
  for (const size of sizes) {
    for (let index = 0; index < images.count; index++) {
      const name = tensorName(index, size);
      const [tensor, place] = [tensors[name], layout[name]];
      const [n, width] = tensor?.shape ?? [];
      if (!(tensor?.data instanceof Float32Array) || !place || n === undefined || !width) {
        throw refuse(`expected the tensor ${name}, float32 [tokens, width], and its layout`);
      }
      if (place.patches > n) throw refuse(`${name} has ${n} rows, not ${place.patches}`);
      const patches = tensor.data.subarray((n - place.patches) * width);
      seen.set(name, { geometry: place.geometry, all: tensor.data, patches, width });
    }
  }
  return {
    images,
    sizes,
    model: about.model,
    fingerprint: about.fingerprint,
    original: {
      runtime: "stored features of the original",
      see: async (_, size, index) => {
        const found = seen.get(tensorName(index, size));
        if (found) return found;
        throw new Error(`internal: no reference for ${tensorName(index, size)}`);
      },
      dispose: async () => {},
    },
  };
}

function parseLayout(
  text: string,
  refuse: (problem: string, cause?: unknown) => EngineError,
): z.output<typeof layoutSchema> {
  try {
    return layoutSchema.parse(JSON.parse(text));
  } catch (error) {
    throw refuse("the layout in its metadata is damaged", error);
  }
}

function tensorName(index: number, size: InputSize): string {
  return `scene${index}.${formatInputSize(size)}`;
}
