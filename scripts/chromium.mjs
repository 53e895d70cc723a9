/**
 * The browser and the software Vulkan driver that the tests run on, unpacked from the npm package
 * @sparticuz/chromium, so that a machine with nothing but Node can run every test.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./ready.mjs";

/** Runs in a process of its own, because the package unpacks into TMPDIR and changes its environment. */
const unpackScript = `
  import { default as chromium } from "@sparticuz/chromium";
  await chromium.executablePath();
`;

/**
 * Unpack once per version, about 3 s and 210 MB.
 *
 * @returns {Promise<Record<string, string>>} environment for a process that shall test in a browser
 *   and on WebGPU. GRAMSCOPE_CHROMIUM is the browser to start, or GRAMSCOPE_CHROMIUM_SKIP and
 *   GRAMSCOPE_WEBGPU_SKIP say why there is none. It must be set before that process starts: the
 *   Vulkan loader reads it once.
 */
export async function testEnvironment() {
  const { GRAMSCOPE_CHROMIUM: own, TMPDIR: _, ...env } = process.env;
  if (process.platform !== "linux" || process.arch !== "x64") {
    const reason = `no software renderer for ${process.platform} ${process.arch}: @sparticuz/chromium is for Linux x64`;
    return {
      GRAMSCOPE_WEBGPU_SKIP: reason,
      ...(own === undefined && {
        GRAMSCOPE_CHROMIUM_SKIP: `${reason}; set GRAMSCOPE_CHROMIUM to a Chromium or Chrome to run these`,
      }),
    };
  }
  const folder = await unpack();
  const runtimeFolder = join(folder, "run");
  return {
    GRAMSCOPE_CHROMIUM: own ?? join(folder, "launch"),
    VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json"),
    VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
    // A Vulkan loader lies beside the driver, so none is needed from the system.
    LD_LIBRARY_PATH: [folder, env["LD_LIBRARY_PATH"]].filter(Boolean).join(":"),
    XDG_RUNTIME_DIR: runtimeFolder,
  };
}

/** @returns {Promise<string>} the folder; complete, because it gets its name last */
async function unpack() {
  const manifest = join(root, "node_modules", "@sparticuz", "chromium", "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const folder = join(root, ".cache", `chromium-${version}`);
  if (existsSync(folder)) return folder;

  console.error("Unpacking the test browser ...");
  const unfinished = `${folder}-${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(join(unfinished, "run"), { recursive: true, mode: 0o700 });
  // With this name of a cloud in its environment the package also unpacks NSS and expat.
  const env = { ...process.env, TMPDIR: unfinished, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", unpackScript], {
    cwd: root,
    env,
  });
  writeLauncher(unfinished);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another run was faster; its folder is as good.
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Writes `launch`, a shell script that starts the browser with the package's own NSS, expat and
 * fonts where the machine has none. They must not reach the test process itself.
 *
 * @param {string} folder
 */
function writeLauncher(folder) {
  const libraries = canStart(join(folder, "chromium")) ? "$here" : "$here:$here/al2023/lib";
  const lines = [
    "#!/bin/sh",
    'here=$(cd "$(dirname "$0")" && pwd)',
    `export LD_LIBRARY_PATH="${libraries}"`,
    "if ! [ -f /etc/fonts/fonts.conf ]; then",
    '  export FONTCONFIG_FILE="$here/fonts.conf" XDG_CACHE_HOME="$here/run"',
    "fi",
    'exec "$here/chromium" "$@"',
  ];
  writeFileSync(join(folder, "launch"), `${lines.join("\n")}\n`, { mode: 0o755 });
  writeFileSync(
    join(folder, "fonts.conf"),
    '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n' +
      '<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n',
  );
}

/** @param {string} chromium */
function canStart(chromium) {
  try {
    execFileSync(chromium, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
