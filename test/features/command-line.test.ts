/** `gramscope features --images` through the built command line: the numbers of `--image`, for each. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { readSafetensors } from "../../engine/weights/safetensors.ts";
import { gramscope, inFolder } from "../support/command-line.ts";
import { samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";

const model = ["--model", path.join(fixtures, "mlp"), "--device", "cpu"];

test("a folder's tokens are those of its images one by one; a damaged one is named", async () => {
  await inFolder(async (folder, names) => {
    const images = path.join(folder, "images");
    await mkdir(path.join(images, "more"), { recursive: true });
    await copyFile(path.join(samples, "chelsea.jpg"), path.join(images, "chelsea.jpg"));
    await copyFile(path.join(samples, "coffee.jpg"), path.join(images, "more/coffee.jpg"));
    await writeFile(path.join(images, "broken.jpg"), "no photograph");
    const run = (...args: string[]) => gramscope(["features", ...model, ...args], { cwd: folder });
    const one = await run("--image", "images/more/coffee.jpg", "--out", "one.safetensors");
    expect(one.code, one.stderr).toBe(0);
    const all = await run("--images", "images", "--tokens", "all", "--out", "all.safetensors");
    expect(all.code, all.stderr).toBe(0);
    expect(all.stdout).toMatch(/all of 2 images, 1 left out/);
    expect(all.stderr).toMatch(/Left out images\/broken\.jpg: .*broken\.jpg/);
    for (const kind of ["cls", "registers", "patches"]) {
      const expected = await bytesOf(path.join(folder, "one.safetensors"), kind);
      const found = await bytesOf(path.join(folder, "all.safetensors"), `more/coffee.jpg/${kind}`);
      expect(found.equals(expected), kind).toBe(true);
    }
    const cls = await run("--images", "images", "--out", "cls.npy", "--json");
    expect(JSON.parse(cls.stdout)).toMatchObject({ images: 2, tokens: "cls", precision: "fp32" });
    const expected = await bytesOf(path.join(folder, "one.safetensors"), "cls");
    const written = await readFile(path.join(folder, "cls.npy"));
    expect(written.subarray(128 + expected.length).equals(expected)).toBe(true);
    expect(await names()).toEqual([
      "all.safetensors",
      "cls.npy",
      "cls.npy.json",
      "images",
      "one.safetensors",
    ]);
  });
});

test.each([
  [["--out", "f.npy"], /--image FILE or --images FOLDER, received neither/],
  [["--images", ".", "--image", "a.jpg", "--out", "f.npy"], /received both/],
  [["--image", "a.jpg", "--tokens", "cls", "--out", "f.npy"], /--tokens: it is of --images/],
  [["--images", ".", "--out", "f.csv"], /ends in \.npy/],
  [["--images", ".", "--tokens", "some", "--out", "f.npy"], /one of cls, patches/],
  [["--images", "nowhere", "--out", "f.npy"], /nowhere/],
  [["--images", ".", "--out", "f.npy"], /expected readable images, received none/],
])("%j is refused in one message", async (args, words) => {
  await inFolder(async (folder, names) => {
    const ended = await gramscope(["features", ...model, ...args], { cwd: folder });
    expect(ended.code).toBe(2);
    expect(ended.stderr.split("\n")[0]).toMatch(words);
    expect(await names()).toEqual([]);
  });
});

async function bytesOf(file: string, tensor: string): Promise<Buffer> {
  const { byteOffset, shape } = (await readSafetensors(file)).tensors.get(tensor)!;
  const size = 4 * shape.reduce((product, side) => product * side, 1);
  return (await readFile(file)).subarray(byteOffset, byteOffset + size);
}
