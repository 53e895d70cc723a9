/**
 * The packaged program, made by electron-builder on a stand-in for Electron: what is in the archive,
 * what lies beside it, the fuses; and the engine in it, run by this Node.
 */
import { execFile } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type * as Asar from "@electron/asar";
import type * as Fuses from "@electron/fuses";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EngineProcess } from "../../electron/engine-process.ts";
import { locateParts } from "../../electron/starting.ts";
import { nodeLaunch, StateLog } from "../electron/node-child.ts";
import { writeStandInElectron } from "./stand-in-electron.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isLinux = process.platform === "linux";
const run = promisify(execFile);

const fromBuilder = createRequire(
  createRequire(import.meta.url).resolve("electron-builder/package.json"),
);
const fromLibrary = createRequire(fromBuilder.resolve("app-builder-lib/package.json"));

let temporary: string;
let program: string;
let resources: string;

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), "gramscope-package-"));
  if (!isLinux) return;
  const electron = writeStandInElectron(join(temporary, "electron"));
  const words = ["--linux", "--dir", `-c.electronDist=${electron}`, "--publish", "never"];
  const output = `-c.directories.output=${join(temporary, "release")}`;
  await run(process.execPath, [fromBuilder.resolve("./cli.js"), ...words, output], { cwd: root });
  const folder = process.arch === "x64" ? "linux-unpacked" : `linux-${process.arch}-unpacked`;
  program = join(temporary, "release", folder);
  resources = join(program, "resources");
}, 240_000);

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const onLinux = test.skipIf(!isLinux);

onLinux("the archive's own content is the main process, the preload and nothing else", () => {
  const inside = filesIn(join(resources, "app.asar.unpacked"));
  const archive = archived().filter((file) => !inside.includes(file));
  expect(archive).toEqual(["dist/electron/main.cjs", "dist/electron/preload.cjs"]);
});

onLinux("what is bundled brings its licence along", () => {
  const licences = (part: string) =>
    readFileSync(join(resources, "app.asar.unpacked/dist", part, "LICENSES.md"), "utf8");
  expect(licences("engine")).toMatch(/protobufjs[^]*Redistribution and use/);
  expect(licences("renderer")).toMatch(/react[^]*three[^]*MIT/);
});

onLinux(
  "beside it lie the engine, the page, the assets and what they load, and nothing else",
  () => {
    const tops = filesIn(join(resources, "app.asar.unpacked")).map((file) =>
      file.replace(/^((node_modules|dist|assets)\/[^/]+|[^/]+).*/, "$1"),
    );
    const packages = ["@img", "@napi-rs", "detect-libc", "onnxruntime-common", "onnxruntime-node"];
    expect([...new Set(tops)].sort()).toEqual([
      "LICENSE",
      "README.md",
      "assets/icons",
      "assets/models",
      "assets/run-in-the-box",
      "assets/samples",
      "dist/engine",
      "dist/renderer",
      ...[...packages, "piscina", "semver", "sharp"].map((name) => `node_modules/${name}`),
      "package.json",
    ]);
  },
);

onLinux("no source, no test, no map and no development package", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const strangers = Object.keys(devDependencies).filter((name) =>
    existsSync(join(resources, "app.asar.unpacked", "node_modules", name)),
  );
  const files = archived();
  const unwanted = files.filter(
    (file) =>
      file.endsWith(".map") ||
      /^(engine|renderer|electron|test|scripts|\.cache|release)\//.test(file) ||
      (/\.tsx?$/.test(file) && !file.startsWith("node_modules/")),
  );
  expect({ strangers, unwanted }).toEqual({ strangers: [], unwanted: [] });
});

onLinux("the native parts are this platform's alone, as files of their own", () => {
  const unpacked = join(resources, "app.asar.unpacked");
  const native = filesIn(unpacked).filter((file) => /\.(node|dll|dylib|so)(\.[\d.]+)*$/.test(file));
  const platform = `linux${process.arch === "x64" ? "(musl)?[-/]x64" : "(musl)?[-/]arm64"}`;
  expect(native.filter((file) => !new RegExp(platform).test(file))).toEqual([]);
  const has = (name: RegExp) => native.some((file) => name.test(file));
  expect([
    has(/onnxruntime_binding\.node$/),
    has(/libonnxruntime\.so/),
    has(/sharp-linux-.*\.node$/),
    has(/libvips-cpp\.so/),
  ]).toEqual([true, true, true, true]);
});

onLinux("the fuses are set in the program itself", async () => {
  const { getCurrentFuseWire, FuseV1Options } = fromLibrary("@electron/fuses") as typeof Fuses;
  const wire = (await getCurrentFuseWire(join(program, "gramscope"))) as Record<number, number>;
  const on = (fuse: number) => String.fromCharCode(wire[fuse]!) === "1";
  expect({
    runAsNode: on(FuseV1Options.RunAsNode),
    cookieEncryption: on(FuseV1Options.EnableCookieEncryption),
    nodeOptions: on(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
    inspect: on(FuseV1Options.EnableNodeCliInspectArguments),
    integrity: on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
    onlyArchive: on(FuseV1Options.OnlyLoadAppFromAsar),
    fileProtocol: on(FuseV1Options.GrantFileProtocolExtraPrivileges),
  }).toEqual({
    runAsNode: false,
    cookieEncryption: true,
    nodeOptions: false,
    inspect: false,
    integrity: true,
    onlyArchive: true,
    fileProtocol: false,
  });
});

onLinux("licences are kept, Electron's demonstration is not", () => {
  expect(existsSync(join(program, "LICENSE.electron.txt"))).toBe(true);
  expect(existsSync(join(program, "LICENSES.chromium.html"))).toBe(true);
  expect(existsSync(join(resources, "default_app.asar"))).toBe(false);
});

onLinux(
  "the engine in it starts where the main process looks for it, and serves its page",
  async () => {
    const { engine: entry, icon, manual } = locateParts(join(resources, "app.asar"));
    expect([icon, manual].map((file) => existsSync(file))).toEqual([true, true]);
    const states = new StateLog();
    const engine = new EngineProcess({
      entry,
      launch: nodeLaunch(entry),
      serveOptions: ["--port", "0"],
      onState: states.add,
    });
    engine.start();
    try {
      const { url } = await states.next("running");
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('id="root"')]);
    } finally {
      await engine.stop();
    }
  },
);

onLinux("it computes: the packaged ONNX Runtime and sharp draw a map", async () => {
  const { engine } = locateParts(join(resources, "app.asar"));
  const assets = join(resources, "app.asar.unpacked", "assets");
  const out = join(temporary, "map.png");
  await run(process.execPath, [
    ...[engine, "map", "pca", "--device", "cpu", "--size", "224", "--out", out],
    ...["--model", join(assets, "models", "untrained-vit")],
    ...["--image", join(assets, "samples", "chelsea.jpg")],
  ]);
  expect(lstatSync(out).size).toBeGreaterThan(1000);
});

onLinux("our part of it stays under 200 MB", () => {
  const bytes = filesIn(resources).reduce(
    (sum, file) => sum + lstatSync(join(resources, file)).size,
    0,
  );
  console.log(`resources of the packaged program: ${(bytes / 1e6).toFixed(1)} MB`);
  expect(bytes).toBeLessThan(200e6);
});

/** Every file that the archive names, also those that lie beside it. */
function archived(): string[] {
  const { listPackage, statFile } = fromLibrary("@electron/asar") as typeof Asar;
  const archive = join(resources, "app.asar");
  return listPackage(archive, { isPack: false })
    .map((file) => file.replace(/^[/\\]/, "").replaceAll("\\", "/"))
    .filter((file) => !("files" in statFile(archive, file)))
    .sort();
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
