/**
 * Where Electron's program is, if it is anywhere. Nothing here downloads: its npm package would, on
 * the first `require("electron")`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "./ready.mjs";

const names = { win32: "electron.exe", darwin: "Electron.app/Contents/MacOS/Electron" };

/**
 * @typedef {{ folder: string, executable: string }} Found
 * @param {NodeJS.ProcessEnv} env ELECTRON_OVERRIDE_DIST_PATH names a folder to take instead
 * @returns {Found | { missing: string }} or where it was looked for, as the end of "there is no"
 */
export function findElectron(env) {
  const own = env["ELECTRON_OVERRIDE_DIST_PATH"];
  const folder = own ? resolve(own) : join(root, "node_modules", "electron", "dist");
  const name = names[/** @type {"win32" | "darwin"} */ (process.platform)] ?? "electron";
  const executable = join(folder, name);
  return existsSync(executable) ? { folder, executable } : { missing: executable };
}

/** @returns {string} the version that the lockfile holds, such as "45.4.1" */
export function electronVersion() {
  const manifest = readFileSync(join(root, "node_modules", "electron", "package.json"), "utf8");
  return JSON.parse(manifest).version;
}
