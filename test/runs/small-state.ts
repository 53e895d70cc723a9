/** A training state of a tiny network for the tests of runs, and comparison by bits. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { HostTensor } from "../../engine/executors/executor.ts";
import type { Checkpoint } from "../../engine/runs/checkpoint.ts";
import { dinov3Preprocessor } from "../../engine/image/preprocessor.ts";
import type { VitConfig } from "../../engine/model/config.ts";
import { headShapes, type HeadShape } from "../../engine/model/head.ts";
import { maskToken, paramShapes } from "../../engine/model/params.ts";
import { elementCount } from "../../engine/protocol/tensor.ts";

export const config: VitConfig = {
  width: 16,
  depth: 2,
  heads: 2,
  hidden: 24,
  feedForward: "mlp",
  patch: 4,
  registers: 3,
  bias: { query: true, key: false, value: true, projection: true, feedForward: true },
  normEpsilon: 1e-5,
  ropeTheta: 100,
};

export const dinoHead: HeadShape = { width: 16, hidden: 12, bottleneck: 8, prototypes: 20 };
export const ibotHead: HeadShape = { width: 16, hidden: 10, bottleneck: 6, prototypes: 14 };

export type State = Record<string, HostTensor>;

/** Of one network, `backbone.*`, `dino_head.*` and `ibot_head.*`. */
export function network(seed: number, of = config): State {
  return {
    ...backbone(seed, of),
    ...tensors("dino_head.", headShapes({ ...dinoHead, width: of.width }), seed + 1),
    ...tensors("ibot_head.", headShapes({ ...ibotHead, width: of.width }), seed + 2),
  };
}

export function backbone(seed: number, of = config): State {
  return tensors("backbone.", { ...paramShapes(of), [maskToken]: [1, of.width] }, seed);
}

/** What a refinement has: student, teacher, Gram teacher, moments, and a tensor of whole numbers. */
export function fullState(seed = 1): State {
  return {
    ...prefixed("student.", network(seed)),
    ...tensors("student.adapter.", { weight: [16, 4] }, seed + 10),
    ...prefixed("teacher.", network(seed + 20)),
    ...tensors("gram.backbone.", paramShapes(config), seed + 30),
    ...prefixed("m.", network(seed + 40)),
    ...prefixed("v.", network(seed + 50)),
    counts: { dtype: "int32", shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  };
}

export function checkpoint(step: number, changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    step,
    state: fullState(step),
    config,
    preprocessor: dinov3Preprocessor,
    phase: "train",
    gramUpdates: 2,
    metricsBytes: 1234,
    elapsedSeconds: 5.25,
    ...changes,
  };
}

export function tensors(
  prefix: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  seed: number,
): State {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      prefix + name,
      { dtype: "float32", shape, data: awkward(elementCount(shape), seed * 1000 + i) },
    ]),
  );
}

/** Every bit pattern of finite numbers: subnormals and negative zeros too. */
function awkward(length: number, seed: number): Float32Array {
  const bits = new Uint32Array(length);
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const isFinite = (state & 0x7f800000) !== 0x7f800000;
    bits[i] = isFinite ? state : state & ~0x40000000;
  }
  if (length > 1) bits[0] = 0x80000000;
  return new Float32Array(bits.buffer);
}

export function prefixed(prefix: string, all: State): State {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value]));
}

/** The same names, dtypes, shapes and bits. */
export function expectSameState(
  received: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
): void {
  expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    const found = received[name]!;
    expect([name, found.dtype, ...found.shape]).toEqual([name, tensor.dtype, ...tensor.shape]);
    expect(bytesOf(found).equals(bytesOf(tensor)), name).toBe(true);
  }
}

function bytesOf({ data }: HostTensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "gramscope-runs-"));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
