/** A small checkout of its own, with the real ready.mjs: what the first, the second and a disturbed start do. */
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const scripts = join(import.meta.dirname, "..", "..", "scripts");

// Appends to builds.log, so that builds can be counted, and takes long enough to be interrupted.
const buildScript = `
  import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
  const source = readFileSync("engine/main.ts", "utf8");
  if (source.includes("broken")) throw new Error("engine/main.ts: does not build");
  appendFileSync("builds.log", "build\\n");
  await new Promise((resolve) => setTimeout(resolve, 300));
  mkdirSync("dist/engine", { recursive: true });
  writeFileSync("dist/engine/main.js", source);
`;

const program = "console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2) }));";

let checkout: string;

beforeEach(() => {
  checkout = realpathSync(mkdtempSync(join(tmpdir(), "gramscope-ready-")));
  for (const name of ["ready.mjs", "gramscope.mjs"]) {
    mkdirSync(join(checkout, "scripts"), { recursive: true });
    copyFileSync(join(scripts, name), join(checkout, "scripts", name));
  }
  const manifest = {
    name: "gramscope",
    version: "0.0.0",
    type: "module",
    scripts: { build: "node build.mjs" },
  };
  write("package.json", JSON.stringify(manifest));
  const root = { name: manifest.name, version: manifest.version };
  write(
    "package-lock.json",
    JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages: { "": root } }),
  );
  write("build.mjs", buildScript);
  write("engine/main.ts", program);
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

test("the first start installs and builds, and says both in a line each; the second does nothing", async () => {
  const first = await gramscope("doctor");
  expect(first).toMatchObject({
    code: 0,
    stderr: "Installing packages (npm ci) ...\nBuilding ...\n",
  });
  expect(await gramscope("doctor")).toEqual({ ...first, stderr: "" });
  expect(buildCount()).toBe(1);
});

test("a changed source builds again and installs nothing", async () => {
  await gramscope();
  write("engine/main.ts", `${program} // changed`);
  expect(await gramscope()).toMatchObject({ code: 0, stderr: "Building ...\n" });
});

test("a changed lockfile installs again", async () => {
  await gramscope();
  write("package-lock.json", read("package-lock.json") + "\n");
  rmSync(join(checkout, "node_modules", ".package-lock.json"), { force: true });
  expect((await gramscope()).stderr).toBe("Installing packages (npm ci) ...\nBuilding ...\n");
});

test("packages that somebody installed by hand are taken as they are", async () => {
  write("node_modules/.package-lock.json", JSON.stringify({ packages: {} }));
  expect((await gramscope()).stderr).toBe("Building ...\n");
});

test("two starts at once build once", async () => {
  const both = await Promise.all([gramscope("a"), gramscope("b")]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.map(({ stdout }) => (JSON.parse(stdout) as { args: string[] }).args)).toEqual([
    ["a"],
    ["b"],
  ]);
  expect(buildCount()).toBe(1);
});

test("an interrupted build is not taken for a finished one, nor its lock for a living one", async () => {
  await gramscope();
  write("engine/main.ts", `${program} // changed`);
  const interrupted = gramscope();
  while (!existsSync(join(checkout, "builds.log")) || buildCount() < 2) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.kill(Number(read(".cache/busy/pid")), "SIGKILL");
  expect((await interrupted).code).not.toBe(0);
  expect(await gramscope()).toMatchObject({ code: 0, stderr: "Building ...\n" });
  expect(existsSync(join(checkout, ".cache", "busy"))).toBe(false);
});

test("a build that fails shows its output and what to do, and leaves no stamp", async () => {
  write("engine/main.ts", "broken");
  const { code, stdout, stderr } = await gramscope();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("engine/main.ts: does not build");
  expect(stderr).toContain("Building failed (exit 1). The sources do not build.");
  write("engine/main.ts", program);
  expect((await gramscope()).code).toBe(0);
});

test("through npm the program sees the caller's folder, otherwise its own", async () => {
  const caller = realpathSync(mkdtempSync(join(tmpdir(), "gramscope-caller-")));
  const npm = { npm_lifecycle_event: "gramscope", npm_package_name: "gramscope", INIT_CWD: caller };
  expect(JSON.parse((await gramscope("map", npm)).stdout)).toEqual({ cwd: caller, args: ["map"] });
  expect(JSON.parse((await gramscope("map")).stdout)).toMatchObject({ cwd: checkout });
  rmSync(caller, { recursive: true });
});

test("an installed package, which has no sources, runs what was packed", async () => {
  write("dist/engine/main.js", program);
  rmSync(join(checkout, "engine"), { recursive: true });
  rmSync(join(checkout, "package-lock.json"));
  expect(await gramscope()).toMatchObject({ code: 0, stderr: "" });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the checkout's own scripts/gramscope.mjs, outside any npm but for `env`. */
function gramscope(argument?: string, env: Record<string, string> = {}): Promise<Ended> {
  const outside = Object.entries(process.env).filter(([key]) => !/^npm_|^INIT_CWD$/i.test(key));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(checkout, "scripts", "gramscope.mjs"), ...(argument === undefined ? [] : [argument])],
      { cwd: checkout, env: { ...Object.fromEntries(outside), ...env } },
      (error, stdout, stderr) => {
        // The waiting line of a second start depends on which came first.
        const lines = stderr.replace(/^Waiting for process .*\n/gm, "");
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr: lines });
      },
    );
  });
}

function buildCount(): number {
  return read("builds.log").trim().split("\n").length;
}

function read(path: string): string {
  return readFileSync(join(checkout, path), "utf8");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}
