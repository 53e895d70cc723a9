/** What a person may write to mean a repository, which of its files are taken, and whose cache and token. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { hubAccess } from "../../engine/hub/access.ts";
import { chooseFiles } from "../../engine/hub/choose-files.ts";
import { parseRepository } from "../../engine/hub/repository.ts";

test.each([
  ["facebook/dinov2-small", "facebook/dinov2-small", "main"],
  ["hf:facebook/dinov2-small", "facebook/dinov2-small", "main"],
  ["timm/vit_small_patch16_dinov3.lvd1689m@v1.0", "timm/vit_small_patch16_dinov3.lvd1689m", "v1.0"],
  ["org/name@refs/pr/3", "org/name", "refs/pr/3"],
  ["gpt2", "gpt2", "main"],
  ["https://huggingface.co/org/name", "org/name", "main"],
  ["https://huggingface.co/org/name/tree/v2/", "org/name", "v2"],
])("%s", (text, id, revision) => {
  expect(parseRepository(text)).toEqual({ id, revision });
});

test.each([
  "",
  "a/b/c",
  "../x",
  "org/..",
  "/etc/passwd",
  "org/na me",
  "org/na--me",
  "-org/name",
  "org/name.",
  `org/${"n".repeat(97)}`,
  "org/name@",
  "org/name@../x",
  "org/name@/x",
  "org/name@a//b",
  "org/name@a b",
  "https://example.org/org/name",
])("%j is no repository", (text) => {
  expect(() => parseRepository(text)).toThrow(/expected/);
});

describe("files", () => {
  const chosen = (...files: string[]) => chooseFiles(files, { id: "org/name", revision: "main" });

  test("one file of weights, and what describes it", () => {
    const { weights, others, entry } = chosen(
      ".gitattributes",
      "LICENSE.md",
      "README.md",
      "config.json",
      "preprocessor_config.json",
      "model.safetensors",
      "model.fp16.safetensors",
      "pytorch_model.bin",
      "tokenizer.json",
      "onnx/config.json",
    );
    expect(weights).toEqual(["model.safetensors"]);
    expect(others).toEqual(["LICENSE.md", "README.md", "config.json", "preprocessor_config.json"]);
    expect(entry).toBe("");
  });

  test("shards with their index; without an index they are files like others", () => {
    const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const index = "model.safetensors.index.json";
    expect(chosen(index, ...shards, "pytorch_model.bin").weights).toEqual([index, ...shards]);
    expect(chosen(...shards)).toMatchObject({ weights: shards, entry: shards[0] });
  });

  test("PyTorch's where there are no others; optimiser states never", () => {
    expect(chosen("config.json", "pytorch_model.bin", "optimizer.bin").weights).toEqual([
      "pytorch_model.bin",
    ]);
    expect(chosen("PE-Core-L14-336.pt", "config.yaml")).toEqual({
      weights: ["PE-Core-L14-336.pt"],
      others: ["config.yaml"],
      entry: "PE-Core-L14-336.pt",
    });
    expect(() => chosen("optimizer.pt", "training_args.bin")).toThrow(/expected weights/);
  });
});

describe("the environment", () => {
  test("is that of the Hub's own client", async () => {
    const home = os.homedir();
    const folderOf = async (variables: Record<string, string>) =>
      (await hubAccess({}, variables)).cacheFolder;
    expect(await folderOf({})).toBe(path.join(home, ".cache/huggingface/hub"));
    expect(await folderOf({ XDG_CACHE_HOME: "/caches" })).toBe("/caches/huggingface/hub");
    expect(await folderOf({ HF_HOME: "~/hf" })).toBe(path.join(home, "hf/hub"));
    expect(await folderOf({ HF_HOME: "/hf", HF_HUB_CACHE: "/models" })).toBe("/models");
    const access = await hubAccess(
      {},
      { HF_ENDPOINT: "https://mirror.example/", HF_HUB_OFFLINE: "1" },
    );
    expect(access).toMatchObject({ endpoint: "https://mirror.example", isOffline: true });
  });

  test("has a token in an option, a variable or a file, in this order", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-hub-"));
    try {
      await writeFile(path.join(folder, "token"), "hf_file\n");
      const headerOf = async (variables: Record<string, string>, token?: string) =>
        (await hubAccess({ token }, { HF_HOME: folder, ...variables })).token?.header();
      expect(await headerOf({})).toBe("Bearer hf_file");
      expect(await headerOf({ HF_TOKEN: "hf_variable" })).toBe("Bearer hf_variable");
      expect(await headerOf({ HF_TOKEN: "hf_variable" }, "hf_option")).toBe("Bearer hf_option");
      expect(await headerOf({ HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
      expect(await headerOf({ HF_HOME: "/not/there" })).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each(["ftp://x", "https://user:password@x", "x", "https://x/?a=b"])(
    "refuses the endpoint %s without repeating a password",
    async (endpoint) => {
      const error = await hubAccess({ endpoint }, {}).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "option.invalid" });
      expect(String(error)).not.toContain("password@");
    },
  );
});
