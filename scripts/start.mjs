/**
 * `npm start`: makes the checkout ready, starts the engine and opens its page in the browser. Where
 * there is no screen the engine only prints the page's address.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { root, ready } from "./ready.mjs";

await ready({ build: true });

const open = hasScreen(process.env) ? ["--open"] : [];
const entry = join(root, "dist", "engine", "main.js");
const engine = spawn(process.execPath, [entry, "serve", ...open, ...process.argv.slice(2)], {
  // npm runs us in the repository; paths on the command line are the caller's.
  cwd: process.env["INIT_CWD"] ?? process.cwd(),
  stdio: "inherit",
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    // A terminal sends its Ctrl-C to the engine too; a second one would cut its shutdown short.
    if (signal !== "SIGINT" || !process.stdin.isTTY) engine.kill(signal);
  });
}
engine.on("error", (error) => {
  console.error(`The engine did not start: ${error.message}`);
  process.exit(1);
});
engine.on("exit", (code, signal) =>
  process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]),
);

/** @param {NodeJS.ProcessEnv} env */
function hasScreen(env) {
  if (env["CI"] || env["SSH_CONNECTION"]) return false;
  return process.platform !== "linux" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}
