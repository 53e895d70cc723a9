/** What is offered from the box, of a box with a damaged part. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledModels } from "../../engine/host/bundled.ts";

test("a damaged model is not offered, the trained one comes first", async () => {
  const assets = await mkdtemp(join(tmpdir(), "gramscope-box-"));
  const configs = {
    broken: "{",
    foreign: "{}",
    plain: JSON.stringify({ gramscope: { name: "Plain", trained: false } }),
    trained: JSON.stringify({ gramscope: { name: "Trained", trained: true } }),
  };
  try {
    for (const [name, config] of Object.entries(configs)) {
      await mkdir(join(assets, "models", name), { recursive: true });
      await writeFile(join(assets, "models", name, "config.json"), config);
    }
    expect((await bundledModels(assets)).map(({ name }) => name)).toEqual(["Trained", "Plain"]);
  } finally {
    await rm(assets, { recursive: true });
  }
});
