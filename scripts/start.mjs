/**
 * `npm start`: makes the checkout ready and opens the window. Without Electron's program the engine
 * serves the same page and opens it in the browser; without a screen it only prints its address.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { findElectron } from "./electron-binary.mjs";
import { root, ready } from "./ready.mjs";

/** A window that ends itself sooner did not open. */
const openedMs = 5000;

await ready({ build: true });

const options = process.argv.slice(2);
// Whoever asks for the page or its address wants no window.
const wantsPage = options.includes("--open") || options.includes("--json");
const electron = findElectron(process.env);

if (!hasScreen(process.env)) await serve([]);
else if (wantsPage) await serve([]);
else if ("missing" in electron) {
  console.error("For a window of its own: npx install-electron, once, then npm start.");
  await serve(["--open"]);
} else {
  const started = performance.now();
  const code = await run(electron.executable, [root], {
    // Not as arguments: Chromium would take them for its own.
    GRAMSCOPE_SERVE_OPTIONS: JSON.stringify(options),
  });
  if (code === 0 || performance.now() - started > openedMs) process.exit(code);
  console.error(`The window did not open (exit ${code}); here is the page instead.`);
  await serve(["--open"]);
}

/** @param {string[]} more */
async function serve(more) {
  const entry = join(root, "dist", "engine", "main.js");
  process.exit(await run(process.execPath, [entry, "serve", ...more, ...options], {}));
}

/**
 * Runs a program in the foreground and hands on the signals that end it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env on top of ours
 * @returns {Promise<number>} its exit code
 */
function run(command, args, env) {
  const child = spawn(command, args, {
    // npm runs us in the repository; paths on the command line are the caller's.
    cwd: process.env["INIT_CWD"] ?? process.cwd(),
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    // A terminal sends its Ctrl-C to the child too; a second one would cut its shutdown short.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${command} did not start: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
    });
  });
}

/** @param {NodeJS.ProcessEnv} env */
function hasScreen(env) {
  if (env["CI"] || env["SSH_CONNECTION"]) return false;
  return process.platform !== "linux" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}
