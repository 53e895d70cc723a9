/**
 * Makes a checkout ready to run: a Node that is new enough, the packages of the lockfile, a build of
 * the sources as they are now. Says what it does in one line a step, and nothing when all is there.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The lines that vite 8 and eslint 10 run on. */
const oldestNodes = { 20: 19, 22: 13 };

const lockfile = join(root, "package-lock.json");
const installStamp = join(root, "node_modules", ".gramscope-lock");
const buildStamp = join(root, "dist", ".stamp");
const engineEntry = join(root, "dist", "engine", "main.js");
/** Held while installing or building, so that two starts at once do not tear at one folder. */
const busyFolder = join(root, ".cache", "busy");

/** Everything that the build reads. */
const buildInputs = [
  "electron",
  "engine",
  "renderer",
  "package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "vite.config.ts",
  "vite.electron.config.ts",
  "vite.engine.config.ts",
];

/** A failure that the user can act on; printed without a stack. */
class NotReady extends Error {}

/**
 * Installs and builds what is missing or stale; ends the process with code 1 when that fails.
 * In an installed package there are no sources: what was packed is what runs.
 *
 * @param {{ build: boolean }} what `build` false stops after the packages
 */
export async function ready({ build }) {
  try {
    checkNode(process.versions.node);
    if (!isCheckout() || isReady(build)) return;
    await holding(async () => {
      if (!isInstalled()) await install();
      if (build && !isBuilt()) await buildAll();
    });
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** @param {string} version such as "20.19.4" */
function checkNode(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const oldestMinor = major > 22 ? 0 : (oldestNodes[/** @type {20 | 22} */ (major)] ?? Infinity);
  if (minor >= oldestMinor) return;
  const oldest = Object.entries(oldestNodes).map((pair) => pair.join("."));
  throw new NotReady(
    `Gramscope needs Node ${oldest.join(" or ")} or later, this is Node ${version}.\n` +
      "Install the current LTS from https://nodejs.org and run this again.",
  );
}

function isCheckout() {
  return existsSync(lockfile) && existsSync(join(root, "engine"));
}

/** @param {boolean} build */
function isReady(build) {
  return isInstalled() && (!build || isBuilt());
}

function isInstalled() {
  const wanted = sha256(readFileSync(lockfile));
  if (readIfThere(installStamp) === wanted) return true;
  // Somebody may have run `npm ci` by hand: then npm's own record of the folder says so.
  if (!matchesLockfile()) return false;
  writeFileSync(installStamp, wanted);
  return true;
}

/** Whether npm's record of node_modules holds every package of the lockfile in its version. */
function matchesLockfile() {
  const record = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(JSON.parse(readFileSync(lockfile, "utf8")).packages).every(
    ([path, { version, optional, peer }]) =>
      path === "" ||
      installed[path]?.version === version ||
      // Packages of other platforms, and peers that nobody asked for, are left out by npm.
      (installed[path] === undefined && Boolean(optional ?? peer)),
  );
}

function isBuilt() {
  return existsSync(engineEntry) && readIfThere(buildStamp) === hashOfSources();
}

/** A change of any file's name or bytes changes it; times do not count, so a checkout does not. */
function hashOfSources() {
  const hash = createHash("sha256");
  for (const input of buildInputs) {
    for (const path of filesUnder(input)) {
      hash
        .update(`${path}\0`)
        .update(readFileSync(join(root, path)))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

/**
 * @param {string} path relative to the root; a file, a folder, or nothing
 * @returns {string[]} files in a fixed order
 */
function filesUnder(path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => !name.startsWith("."))
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`));
}

async function install() {
  await step("Installing packages (npm ci)", ["ci"], {
    hint:
      "Gramscope installs from the npm registry alone. Check the network and `npm config get registry`,\n" +
      "then run this again; the next start resumes here.",
  });
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(installStamp, sha256(readFileSync(lockfile)));
}

async function buildAll() {
  // Hashed before the build: a file saved meanwhile makes the build stale, as it should.
  const hash = hashOfSources();
  rmSync(buildStamp, { force: true });
  await step("Building", ["run", "build"], {
    hint: "The sources do not build. Undo the last change, or run `npm run build` to see it alone.",
  });
  // Last, so that an interrupted build is not taken for a finished one.
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(buildStamp, hash);
}

/**
 * Run npm quietly: one line while it works, its output only when it fails.
 * @param {string} title
 * @param {string[]} args
 * @param {{ hint: string }} failure
 */
async function step(title, args, { hint }) {
  console.error(`${title} ...`);
  const npm = npmCommand(args);
  const { code, output } = await new Promise((resolve) => {
    const child = spawn(npm.command, npm.args, {
      // Whatever the caller's shell has: for "production" npm would leave out what builds, and for
      // anything else React would be built with its checks, half as large again.
      env: { ...process.env, NODE_ENV: args[0] === "ci" ? "development" : "production" },
      cwd: root,
      shell: npm.shell,
      stdio: ["ignore", "pipe", "pipe"],
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
    child.on("close", (exitCode, signal) =>
      resolve({ code: exitCode ?? signal, output: Buffer.concat(chunks).toString() }),
    );
  });
  if (code !== 0) {
    throw new NotReady(`${output.trimEnd()}\n\n${title} failed (exit ${code}). ${hint}`);
  }
}

/**
 * The npm that started us, by its script, so that no shell is needed; else the one on the PATH.
 * @param {string[]} args fixed words, safe in a shell
 */
export function npmCommand(args) {
  const script = process.env["npm_execpath"];
  return script !== undefined && /^npm-cli\.c?js$/.test(basename(script))
    ? { command: process.execPath, args: [script, ...args], shell: false }
    : { command: "npm", args, shell: process.platform === "win32" };
}

/**
 * Runs `work` while no other process installs or builds here. The owner's id lies inside the folder
 * before the folder has its name, so a lock is never without an owner; a dead owner's is taken over.
 * @param {() => Promise<void>} work
 */
async function holding(work) {
  const mine = `${busyFolder}-${process.pid}`;
  rmSync(mine, { recursive: true, force: true });
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, "pid"), String(process.pid));
  for (let said = false; !take(mine);) {
    const owner = Number(readIfThere(join(busyFolder, "pid")));
    if (owner > 0 && !isAlive(owner)) removeLockOf(owner);
    else if (!said) {
      console.error(`Waiting for process ${owner}, which is installing or building ...`);
      said = true;
    }
    await delay(100);
  }
  try {
    await work();
  } finally {
    removeLockOf(process.pid);
  }
}

/** @param {string} mine a folder that becomes the lock unless another holds it */
function take(mine) {
  try {
    renameSync(mine, busyFolder);
    return true;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"].includes(code ?? "") && existsSync(busyFolder)) {
      return false;
    }
    throw error;
  }
}

/** Two may find the same dead owner: only the lock that still names it goes. @param {number} owner */
function removeLockOf(owner) {
  if (Number(readIfThere(join(busyFolder, "pid"))) === owner) {
    rmSync(busyFolder, { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {Buffer} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
