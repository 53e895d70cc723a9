/** The tensors of located weights, in whatever container they are, in one form. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { pathError } from "../checkpoints/byte-range.ts";
import { openCheckpoint, type CheckpointFormat } from "../checkpoints/open-checkpoint.ts";
import { rowMajorStrides, type StoredTensor } from "../checkpoints/stored-tensor.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ModelPlace } from "./locate-model.ts";
import { readSafetensors, type SafetensorsFile } from "./safetensors.ts";

export type WeightsFormat =
  "safetensors" | "safetensors, sharded" | CheckpointFormat | "PyTorch, sharded";

export interface ModelTensors {
  readonly format: WeightsFormat;
  readonly tensors: readonly StoredTensor[];
  /** Of all files together. */
  readonly sizeBytes: number;
  /** What lies beside the tensors, for people. */
  readonly values: Readonly<Record<string, string>>;
}

/** @throws EngineError "path.missing", "path.unreadable", "weights.format", "weights.missing" */
export async function readModelTensors({ weights, kind }: ModelPlace): Promise<ModelTensors> {
  if (kind === "index") return readShards(weights);
  if (kind === "checkpoint") return openCheckpoint(weights);
  const file = await readSafetensors(weights);
  return { format: "safetensors", ...ofSafetensors(file), values: file.metadata };
}

export function ofSafetensors(file: SafetensorsFile): Pick<ModelTensors, "tensors" | "sizeBytes"> {
  const { path, sizeBytes } = file;
  const tensors = [...file.tensors.values()].map(
    ({ name, dtype, shape, byteOffset }): StoredTensor => ({
      name,
      dtype,
      shape,
      pieces: async () => [
        {
          bytes: { kind: "file", path, byteOffset },
          origin: shape.map(() => 0),
          shape,
          strides: rowMajorStrides(shape),
        },
      ],
    }),
  );
  return { tensors, sizeBytes };
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Every shard that an index names, with what the index promises checked. */
async function readShards(indexPath: string): Promise<ModelTensors> {
  const parsed = indexSchema.safeParse(await readJson(indexPath));
  if (!parsed.success) {
    throw new EngineError(
      "weights.format",
      `${indexPath}: expected "weight_map", tensor name to file name`,
    );
  }
  const ending = indexPath.replace(/\.index\.json$/, "").replace(/^.*\./, ".");
  const map = Object.entries(parsed.data.weight_map);
  const shards = new Map<string, Pick<ModelTensors, "tensors" | "sizeBytes">>();
  for (const name of [...new Set(map.map(([, file]) => file))].sort()) {
    if (name !== basename(name) || !name.endsWith(ending)) {
      throw new EngineError(
        "weights.format",
        `${indexPath}: expected the names of ${ending} files beside it, received "${name}"`,
      );
    }
    const path = join(dirname(indexPath), name);
    shards.set(
      name,
      ending === ".safetensors"
        ? ofSafetensors(await readSafetensors(path))
        : await openCheckpoint(path),
    );
  }
  const held = new Map(
    [...shards].map(([name, { tensors }]) => [name, new Set(tensors.map((t) => t.name))]),
  );
  for (const [tensor, name] of map) {
    if (held.get(name)?.has(tensor) !== true) {
      throw new EngineError(
        "weights.missing",
        `${indexPath}: ${tensor}: expected in ${name}, which has no such tensor`,
        { hint: "The index and its shards are of different downloads." },
      );
    }
  }
  return {
    format: ending === ".safetensors" ? shardedFormat(shards.size) : "PyTorch, sharded",
    tensors: [...shards.values()].flatMap(({ tensors }) => tensors),
    sizeBytes: [...shards.values()].reduce((sum, shard) => sum + shard.sizeBytes, 0),
    values: {},
  };
}

function shardedFormat(count: number): WeightsFormat {
  return count > 1 ? "safetensors, sharded" : "safetensors";
}

/** @returns undefined when there is no such file */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > 100_000_000) throw new EngineError("config.invalid", `${path}: far too large`);
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const refusal = pathError(path, error);
    if (refusal.code === "path.missing") return undefined;
    throw refusal;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("config.invalid", `${path}: expected JSON: ${reason}`);
  }
}
