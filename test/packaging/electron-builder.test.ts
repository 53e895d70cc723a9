/** The description of the installers, judged by electron-builder's own reader and validator. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Configuration } from "electron-builder";
import type * as BuilderConfig from "app-builder-lib/out/util/config/config.js";
import type * as BuilderUtil from "builder-util";
import { expect, test } from "vitest";
import engineBuild from "../../vite.engine.config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

// electron-builder does not export its validator, so it is asked for from where electron-builder is.
const fromHere = createRequire(import.meta.url);
const fromBuilder = createRequire(fromHere.resolve("electron-builder"));
const { getConfig, validateConfiguration } = fromBuilder(
  "app-builder-lib/out/util/config/config.js",
) as typeof BuilderConfig;
const { DebugLogger } = fromBuilder("builder-util") as typeof BuilderUtil;

const configuration = await getConfig(root, "electron-builder.yml", null);

const check = (candidate: Configuration) =>
  validateConfiguration(candidate, new DebugLogger(false));

test("electron-builder accepts the configuration", async () => {
  await expect(check(configuration)).resolves.toBeUndefined();
});

test("electron-builder refuses a misspelt key, at the top and inside a platform", async () => {
  const top = { ...configuration, asarUnpakc: ["assets/**"] };
  await expect(check(top)).rejects.toThrow("asarUnpakc");
  const inside = { ...configuration, linux: { ...configuration.linux, targets: ["deb"] } };
  await expect(check(inside)).rejects.toThrow("configuration.linux");
});

test("each system gets its kinds of installer, and nothing is uploaded", () => {
  const { linux, win, mac, publish } = configuration;
  expect([linux?.target, win?.target, mac?.target, publish]).toEqual([
    ["AppImage", "deb", "tar.gz"],
    ["nsis", "zip"],
    ["dmg", "zip"],
    null,
  ]);
});

test("each system carries the ONNX Runtime of its own platform alone", () => {
  const systems = { linux: "linux", win: "win32", mac: "darwin" } as const;
  const platforms = Object.values(systems);
  for (const [system, own] of Object.entries(systems)) {
    const files = configuration[system as keyof typeof systems]?.files;
    const others = platforms.filter((platform) => platform !== own).sort();
    expect(files).toEqual([
      // Lists of nothing but exclusions would take everything else.
      "package.json",
      `!node_modules/onnxruntime-node/bin/napi-v6/{${others.join(",")}}/**`,
      `!node_modules/onnxruntime-node/bin/napi-v6/${own}/!(\${arch})/**`,
    ]);
  }
});

test("a dependency is either bundled into dist and left out, or loaded from node_modules and kept", () => {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const folderOf = (name: string) => name.replace(/^(@[^/]+)\/.*/, "$1");
  const loaded = engineBuild.ssr?.external as string[];
  const patterns = (configuration.files as { filter: string[] }[]).flatMap(({ filter }) => filter);
  const [, list = ""] = patterns
    .map((p) => /^!node_modules\/!\((.*)\)\/\*\*$/.exec(p))
    .find(Boolean)!;
  const kept = new Set(list.split("|"));
  for (const name of Object.keys(manifest.dependencies)) {
    expect([name, kept.has(folderOf(name))]).toEqual([name, loaded.includes(name)]);
  }
});

test("the fuses leave no way to run the program as Node, and hold it to its archive", () => {
  expect(configuration.electronFuses).toEqual({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  });
});
