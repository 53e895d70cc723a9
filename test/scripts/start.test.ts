/** `npm start`: the window where it can be had, otherwise the page, with a word on how to get the window. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const scripts = join(import.meta.dirname, "..", "..", "scripts");
const screen = { DISPLAY: ":0" };

/** An installed package: nothing to be made ready. */
let folder: string;
const echo = (name: string) =>
  `console.log(JSON.stringify({ ${name}: process.argv.slice(2), options: process.env.GRAMSCOPE_SERVE_OPTIONS }));`;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "gramscope-start-")));
  for (const name of ["ready.mjs", "start.mjs", "electron-binary.mjs"]) {
    mkdirSync(join(folder, "scripts"), { recursive: true });
    copyFileSync(join(scripts, name), join(folder, "scripts", name));
  }
  write("package.json", '{ "type": "module" }');
  write("dist/engine/main.js", echo("engine"));
  program("good", echo("electron"));
  program("bad", "process.exit(127);");
});
afterAll(() => rmSync(folder, { recursive: true }));

// Their programs have other names there, and a script is none.
describe.skipIf(process.platform !== "linux")("npm start", () => {
  test("opens the window and hands the engine's options through", async () => {
    const { stdout, stderr } = await start(["--device", "cpu"], { ...screen, ...electron("good") });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      electron: [join(folder, "/")],
      options: '["--device","cpu"]',
    });
  });

  test("without Electron serves the page in the browser and says how to get the window", async () => {
    const { stdout, stderr } = await start(["--device", "cpu"], screen);
    expect(JSON.parse(stdout)).toEqual({ engine: ["serve", "--open", "--device", "cpu"] });
    expect(stderr).toBe("For a window of its own: npx install-electron, once, then npm start.\n");
  });

  test.each([
    ["without a screen", {}],
    ["on another machine", { ...screen, SSH_CONNECTION: "1" }],
    ["in continuous integration", { ...screen, CI: "1" }],
  ])("%s only serves", async (_where, env) => {
    const { stdout, stderr } = await start([], { ...env, ...electron("good") });
    expect([JSON.parse(stdout), stderr]).toEqual([{ engine: ["serve"] }, ""]);
  });

  test.each(["--open", "--json"])("%s asks for the page, not for the window", async (option) => {
    const { stdout } = await start([option], { ...screen, ...electron("good") });
    expect(JSON.parse(stdout)).toEqual({ engine: ["serve", option] });
  });

  test("a window that does not open gives way to the page", async () => {
    const { stdout, stderr } = await start([], { ...screen, ...electron("bad") });
    expect(JSON.parse(stdout)).toEqual({ engine: ["serve", "--open"] });
    expect(stderr).toBe("The window did not open (exit 127); here is the page instead.\n");
  });
});

function electron(name: string) {
  return { ELECTRON_OVERRIDE_DIST_PATH: join(folder, name) };
}

function start(args: string[], env: Record<string, string>) {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(CI|SSH_CONNECTION|DISPLAY|WAYLAND_DISPLAY|ELECTRON_.*|INIT_CWD)$/.test(name),
  );
  return new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(folder, "scripts", "start.mjs"), ...args],
      { env: { ...Object.fromEntries(clean), ...env } },
      (_error, stdout, stderr) => resolve({ stdout, stderr }),
    );
  });
}

/** A script that stands in for Electron's program. */
function program(name: string, code: string): void {
  write(join(name, "electron"), `#!${process.execPath}\n${code}`);
  chmodSync(join(folder, name, "electron"), 0o755);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
