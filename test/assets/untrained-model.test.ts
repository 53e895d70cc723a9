/** The model in the box: made by its script, openable by us, and as random as it says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { paramShapes } from "../../engine/model/params.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";
import { untrainedModel } from "../../scripts/make-untrained-model.mjs";

const folder = new URL("../../assets/models/untrained-vit/", import.meta.url);
const made = untrainedModel();

test.each(Object.keys(made))("%s is, byte for byte, what the script makes", (name) => {
  expect(readFileSync(new URL(name, folder)).equals(made[name]!)).toBe(true);
});

test("our reader finds every tensor, and that it is not trained", async () => {
  const model = await openModelFiles(fileURLToPath(folder));
  expect(model).toMatchObject({ trained: false, licence: "MIT", dtype: "BF16" });
  expect(model.config).toMatchObject({ width: 192, depth: 6, heads: 3, hidden: 768, registers: 4 });
  expect(Object.keys(model.params).sort()).toEqual(Object.keys(paramShapes(model.config)).sort());
});

test("its weights are normal: mean, deviation and tails as drawn", () => {
  const { data, fanIn } = tensor("layer.3.mlp.up_proj.weight");
  const scaled = data.map((value) => value * Math.sqrt(fanIn));
  const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
  const variance = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scaled.length;
  const beyondTwo = scaled.filter((value) => Math.abs(value) > 2).length / scaled.length;
  // 147,456 draws: standard errors are 0.003, 0.004 and 0.0005; a normal has 4.55 % beyond two.
  expect(Math.abs(mean)).toBeLessThan(0.012);
  expect(Math.abs(variance - 1)).toBeLessThan(0.016);
  expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.003);
});

test("tensors of one shape are not drawn alike", () => {
  const first = tensor("layer.0.attention.q_proj.weight").data;
  const second = tensor("layer.1.attention.q_proj.weight").data;
  const product = first.reduce((sum, value, i) => sum + value * second[i]!, 0);
  const norm = (values: number[]) => Math.hypot(...values);
  // 36,864 numbers: the cosine of two independent draws deviates by 0.005.
  expect(Math.abs(product / (norm(first) * norm(second)))).toBeLessThan(0.02);
});

test("the file stays small enough for a repository", () => {
  expect(made["model.safetensors"]!.byteLength).toBeLessThan(6e6);
});

/** Values of a BF16 matrix [out, fanIn], read by the letter of the format. */
function tensor(name: string): { data: number[]; fanIn: number } {
  const file = Buffer.from(made["model.safetensors"]!);
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    { shape: [number, number]; data_offsets: [number, number] }
  >;
  const { shape, data_offsets: range } = header[name]!;
  const data: number[] = [];
  const word = Buffer.alloc(4);
  for (let at = range[0]; at < range[1]; at += 2) {
    file.copy(word, 2, 8 + headerLength + at, 8 + headerLength + at + 2);
    data.push(word.readFloatLE(0));
  }
  return { data, fanIn: shape[1] };
}
