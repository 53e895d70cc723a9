/** `npm run package` where Electron cannot be had: one message, at once, and nothing built. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
let empty: string;

// An installed package, where nothing is to be built: the files here are in use by other tests.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gramscope-no-electron-"));
  empty = mkdtempSync(join(folder, "empty-"));
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("without Electron it says what is missing, where it looked and how to get it, and exits with 2", async () => {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ELECTRON_OVERRIDE_DIST_PATH: empty,
    electron_config_cache: empty,
    // Nobody answers there.
    ELECTRON_MIRROR: "http://127.0.0.1:9/",
  };
  delete env["HTTPS_PROXY"];
  delete env["https_proxy"];
  const started = performance.now();
  const { code, stdout, stderr } = await new Promise<Record<string, unknown>>((resolve) => {
    const script = join(folder, "scripts", "package.mjs");
    execFile(process.execPath, [script], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, stdout: out, stderr: err }),
    );
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^Electron 45\.4\.1 is missing, so nothing was packaged\. There is no$/m);
  expect(stderr).toContain(`  ${empty}`);
  expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:9\/v45\.4\.1\/electron-.*\.zip cannot be reached/);
  expect(stderr).toContain("Run `npx install-electron`");
  // electron-builder alone takes most of a minute to give up.
  expect(performance.now() - started).toBeLessThan(30_000);
});
