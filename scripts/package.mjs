/**
 * `npm run package`: the unpacked program in release/, then this system's installers. What cannot be
 * had is named before anything is tried; `-- --dir` wants the unpacked program alone.
 * Exit 0 all there, 2 something is missing, 1 electron-builder failed.
 */
import { spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { electronVersion, findElectron } from "./electron-binary.mjs";
import { ready, root } from "./ready.mjs";

const fromBuilder = createRequire(
  createRequire(import.meta.url).resolve("electron-builder/package.json"),
);
const release = join(root, "release");

/** @typedef {{ target: string, tool: string, release: string, isHere: () => boolean, way: string }} Installer */
/** @param {string} name */
const env = (name) => process.env[name] ?? "";

/** What makes each installer, and how it can be had without a download. */
const sevenZip = {
  tool: "7zip",
  release: "7zip@",
  isHere: () => existsSync(env("ELECTRON_BUILDER_7ZIP_PATH")),
  way: "ELECTRON_BUILDER_7ZIP_PATH=/path/to/7za",
};
const nothing = { isHere: () => false, way: "" };
/** @type {Record<string, Installer[]>} */
const installers = {
  linux: [
    { target: "AppImage", tool: "appimage", release: "appimage-", ...nothing },
    {
      target: "deb",
      tool: "fpm",
      release: "fpm@",
      isHere: () => env("USE_SYSTEM_FPM") === "true" || existsSync(env("CUSTOM_FPM_PATH")),
      way: "CUSTOM_FPM_PATH=/path/to/fpm",
    },
    { target: "tar.gz", ...sevenZip },
  ],
  win32: [
    { target: "nsis", tool: "nsis", release: "nsis", ...nothing },
    { target: "zip", ...sevenZip },
  ],
  darwin: [
    { target: "dmg", tool: "dmgbuild", release: "dmg", ...nothing },
    { target: "zip", ...sevenZip },
  ],
};
const flags = { linux: "--linux", win32: "--win", darwin: "--mac" };

const wantsFolderAlone = process.argv.includes("--dir");
await ready({ build: true });
const electron = await electronSource();
if (electron === undefined) process.exit(2);

rmSync(release, { recursive: true, force: true });
await build(["--dir"]);
const folder = readdirSync(release).find((name) => name.includes("unpacked") || /^mac/.test(name));
say(`${folder}/`, sizeOf(join(release, folder ?? "")));

if (!wantsFolderAlone) await buildInstallers(join(release, folder ?? ""));

/**
 * Where electron-builder shall take Electron from; says what is missing where there is none.
 *
 * @returns {Promise<string[] | undefined>} arguments
 */
async function electronSource() {
  const found = findElectron(process.env);
  if ("folder" in found) return [`-c.electronDist=${found.folder}`];
  const version = electronVersion();
  const zip = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  const cached = findInCache(zip);
  if (cached) return [`-c.electronDist=${cached}`];
  const mirror =
    process.env["ELECTRON_MIRROR"] ??
    process.env["npm_config_electron_mirror"] ??
    "https://github.com/electron/electron/releases/download/";
  const address = `${mirror}v${version}/${zip}`;
  const reason = await reach(address);
  if (reason === undefined) return [];
  console.error(
    `Electron ${version} is missing, so nothing was packaged. There is no\n` +
      `  ${found.missing}\n` +
      `  ${zip} in ${electronCache()}\n` +
      `and ${address} cannot be reached: ${reason}.\n` +
      "Run `npx install-electron` where the network reaches it, name a mirror in ELECTRON_MIRROR, or\n" +
      "unpack the archive and name its folder in ELECTRON_OVERRIDE_DIST_PATH.",
  );
  return undefined;
}

/** @param {string} folder the unpacked program, which each installer packs */
async function buildInstallers(folder) {
  const wanted = installers[process.platform] ?? [];
  const tools = "https://github.com/electron-userland/electron-builder-binaries/releases";
  const reason = wanted.every(isAtHand) ? undefined : await reach(tools);
  const possible = wanted.filter((one) => reason === undefined || isAtHand(one));
  if (possible.length > 0) {
    const app = process.platform === "darwin" ? join(folder, "Gramscope.app") : folder;
    await build(["--prepackaged", app, ...possible.map(({ target }) => target)]);
    for (const name of readdirSync(release)) {
      if (/\.(AppImage|deb|tar\.gz|exe|zip|dmg)$/.test(name))
        say(name, sizeOf(join(release, name)));
    }
  }
  const missing = wanted.filter((one) => !possible.includes(one));
  if (missing.length === 0) return;
  console.error(`These installers were left out, because ${tools} cannot be reached: ${reason}.`);
  for (const { target, tool, way } of missing) {
    console.error(`  ${target} needs ${tool}${way === "" ? "" : `, or ${way}`}`);
  }
  process.exitCode = 2;
}

/** @param {string[]} args */
async function build(args) {
  const platform = flags[/** @type {keyof typeof flags} */ (process.platform)];
  const cli = fromBuilder.resolve("./cli.js");
  const code = await new Promise((resolve) => {
    const words = [cli, platform, ...args, ...(electron ?? []), "--publish", "never"];
    const child = spawn(process.execPath, words, { cwd: root, stdio: "inherit" });
    child.on("error", () => resolve(1));
    child.on("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0) {
    console.error(`electron-builder failed (exit ${code}); its own message stands above.`);
    process.exit(1);
  }
}

/** @param {Installer} installer whether its tool is here, by the environment or from an earlier build */
function isAtHand({ isHere, release: prefix }) {
  const { getCacheDirectory } = fromBuilder("app-builder-lib/out/util/electronGet.js");
  const cache = getCacheDirectory({ allowEnvVarOverride: true });
  return isHere() || (existsSync(cache) && readdirSync(cache).some((n) => n.startsWith(prefix)));
}

/**
 * @param {string} address
 * @returns {Promise<string | undefined>} why not, or undefined where it can be reached
 */
async function reach(address) {
  // Node's fetch knows no proxy; electron-builder may get through one.
  if (process.env["HTTPS_PROXY"] ?? process.env["https_proxy"]) return undefined;
  try {
    const answer = await fetch(address, { method: "HEAD", signal: AbortSignal.timeout(8000) });
    return answer.ok ? undefined : `it answers ${answer.status}`;
  } catch (error) {
    const { cause, message } = /** @type {Error} */ (error);
    return cause instanceof Error ? cause.message : message;
  }
}

function electronCache() {
  const { defaultElectronGetCacheRoot } = fromBuilder("app-builder-lib/out/util/electronGet.js");
  return process.env["electron_config_cache"] ?? defaultElectronGetCacheRoot();
}

/** @param {string} name of a file that @electron/get keeps in a folder named for its address */
function findInCache(name) {
  const cache = electronCache();
  if (!existsSync(cache)) return undefined;
  const places = [cache, ...readdirSync(cache).map((folder) => join(cache, folder))];
  return places.map((place) => join(place, name)).find((file) => existsSync(file));
}

/** @param {string} path @returns {number} bytes, links not followed */
function sizeOf(path) {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** @param {string} what @param {number} bytes */
function say(what, bytes) {
  console.log(`release/${what}  ${(bytes / 1e6).toFixed(1)} MB`);
}
