/** Called by electron-builder once Electron lies unpacked: its demonstration program stays out. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

/** @param {{ appOutDir: string, electronPlatformName: string }} context */
export async function afterExtract({ appOutDir, electronPlatformName }) {
  const resources =
    electronPlatformName === "darwin" ? "Electron.app/Contents/Resources" : "resources";
  await rm(join(appOutDir, resources, "default_app.asar"), { force: true });
}
