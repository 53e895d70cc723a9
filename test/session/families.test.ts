/** Encoders of other families in a session: what stands for tokens that they do not have. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import type { Executor } from "../../engine/executors/executor.ts";
import { probeCall } from "../../engine/protocol/probes.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import { unattended } from "../../engine/session/control.ts";
import { Session } from "../../engine/session/session.ts";
import { readSafetensors, readTensor } from "../../engine/weights/safetensors.ts";
import { expectClose } from "../support/allclose.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures/families");
/** As in test/model/families.test.ts: the reference is float64. */
const tolerance = { atol: 2e-5, rtol: 2e-5 };

let executor: Executor;
beforeAll(async () => {
  ({ executor } = await chooseExecutor("tfjs"));
});
afterAll(() => executor.dispose());

/** A session over the picture of one fixture, in its own pixels. */
async function open(name: string) {
  const file = await readSafetensors(path.join(fixtures, name, "expected.safetensors"));
  const expected = async (tensor: string) => readTensor(file, file.tensors.get(tensor)!);
  const [, , height, width] = file.tensors.get("image")!.shape as [number, number, number, number];
  const image = await expected("image");
  const session = new Session({
    executor,
    pixels: {
      describe: async () => ({ name: "fixture.png", width, height }),
      input: async () => image,
    },
    featureBytes: 2 ** 26,
    programBytes: 2 ** 28,
  });
  const card = await session.openModel(path.join(fixtures, name), unattended);
  const ref: FeatureRef = {
    model: card.id,
    image: "i1",
    size: { kind: "native" },
    layer: "last",
    norm: true,
  };
  return { session, card, ref, expected };
}

describe("a model without a class token", () => {
  test("has the mean of its patches for one, and says so", async () => {
    const { session, card, ref, expected } = await open("siglip");
    expect(card.note).toContain("no class token: the mean of the patches stands for it");
    const { cls, registers, patches } = await session.features(ref, unattended);
    const final = await expected("final");
    expectClose(patches, final, tolerance);
    expect(registers).toHaveLength(0);
    const d = card.width;
    const mean = Float32Array.from({ length: d }, (_, j) => {
      const column = final.filter((_value, i) => i % d === j);
      return column.reduce((sum, value) => sum + value, 0) / column.length;
    });
    expectClose(cls, mean, tolerance);
  });

  test("has no attention of one; that of a patch lies on patches alone", async () => {
    const { session, ref } = await open("siglip");
    const of = (token: object) =>
      probeCall.parse({ probe: "attention", options: { token, head: "mean" } });
    await expect(session.probe(ref, of({ kind: "cls" }), unattended)).rejects.toMatchObject({
      code: "option.invalid",
      message: expect.stringContaining("has no class token") as string,
    });
    const patch = { kind: "patch", patch: { row: 1, col: 2 } };
    const { result } = await session.probe(ref, of(patch), unattended);
    expect(result.numbers.find(({ label }) => label === "on patches")!.value).toBeCloseTo(100, 3);
  });
});

test("without a norm after the last block its tokens are the features, normed or not", async () => {
  const { session, ref, expected } = await open("pe-spatial");
  const normed = await session.features(ref, unattended);
  const raw = await session.features({ ...ref, norm: false }, unattended);
  expectClose(normed.patches, await expected("last"), tolerance);
  expect(raw.patches).toEqual(normed.patches);
});

test("RADIO's first summary token is CLS, the others are registers", async () => {
  const { session, ref, expected } = await open("radio");
  const { cls, registers, patches } = await session.features(ref, unattended);
  expect(registers).toHaveLength(4 * cls.length);
  expectClose([...cls, ...registers, ...patches], await expected("final"), tolerance);
});

test("SAM's attention, which is within windows, is refused", async () => {
  const { session, ref } = await open("sam");
  const call = probeCall.parse({
    probe: "attention",
    options: { token: { kind: "patch", patch: { row: 0, col: 0 } }, head: "mean" },
  });
  await expect(session.probe(ref, call, unattended)).rejects.toMatchObject({
    code: "option.invalid",
    message: expect.stringContaining("within windows") as string,
  });
});
