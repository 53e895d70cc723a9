/** What the tests of checkpoints share: the fixtures, and the values of a stored tensor. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import type { StoredTensor } from "../../engine/checkpoints/stored-tensor.ts";
import { EngineError } from "../../engine/protocol/errors.ts";

export const fixtures = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));

/** Name -> tensor of a fixture. */
export async function tensorsOf(name: string): Promise<Record<string, StoredTensor>> {
  const { tensors } = await openCheckpoint(join(fixtures, name));
  return Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]));
}

/** dtype, shape and the bytes in row-major order, to be compared as a whole. */
export async function contentOf(tensor: StoredTensor) {
  const bytes = Buffer.from(await assemble(tensor)).toString("hex");
  return { dtype: tensor.dtype, shape: tensor.shape, bytes };
}

/** Of a whole fixture, by names. */
export async function contentsOf(tensors: Record<string, StoredTensor>) {
  const contents: Record<string, Awaited<ReturnType<typeof contentOf>>> = {};
  for (const [name, tensor] of Object.entries(tensors)) contents[name] = await contentOf(tensor);
  return contents;
}

/** Milliseconds of work by this process so far: what a busy machine does beside it does not count. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The refusal that a promise ends with. */
export async function refusalOf(work: Promise<unknown>): Promise<EngineError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("was accepted");
}
