/** A model in the Hub's cache is called by its repository, not by its commit. */
import { expect, test } from "vitest";
import { folderTitle } from "../../engine/weights/locate-model.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

test.each([
  [
    `/cache/hub/models--facebook--dinov3-vitl16-pretrain-sat493m/snapshots/${commit}`,
    "facebook/dinov3-vitl16-pretrain-sat493m",
  ],
  [`C:\\cache\\models--gpt2\\snapshots\\${commit}`, "gpt2"],
  ["/runs/mine/checkpoints/step-000100/teacher", "teacher"],
  [`/elsewhere/${commit}`, commit],
])("%s", (folder, title) => {
  expect(folderTitle(folder)).toBe(title);
});
