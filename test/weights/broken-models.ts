/** Model directories made to measure for the tests: a good one, changed in one place. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const fixtures = fileURLToPath(new URL("../fixtures/vit/", import.meta.url));

export type Header = Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>;

/** A copy of a fixture in a temporary folder. The caller removes it. */
export async function copyModel(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gramscope-weights-"));
  await cp(join(fixtures, name), folder, { recursive: true });
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Change fields of a JSON file in place; undefined removes one. */
export async function editJson(path: string, changes: Record<string, unknown>): Promise<void> {
  const value = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...value, ...changes }));
}

/** Rewrite a safetensors header, leaving the tensors' bytes as they are. */
export async function editHeader(path: string, edit: (header: Header) => void): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Header;
  edit(header);
  await writeFile(path, joinFile(JSON.stringify(header), bytes.subarray(8 + length)));
}

/** A safetensors file from header text and data. */
export function joinFile(header: string, data: Uint8Array): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}
