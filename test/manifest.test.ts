/** What a stranger relies on when they clone: exact packages, a lockfile that fits, no machine's paths. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: Record<string, string>;
  readonly bin: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

interface Lockfile {
  readonly packages: Record<string, Manifest>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const lockfile = JSON.parse(read("package-lock.json")) as Lockfile;
const wanted = { ...manifest.dependencies, ...manifest.devDependencies };

test("every dependency has an exact version", () => {
  const loose = Object.entries(wanted).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  expect(loose).toEqual([]);
});

test("the lockfile is in step with package.json", () => {
  const { name, version, engines, bin, dependencies, devDependencies } = manifest;
  expect(lockfile.packages[""]).toMatchObject({
    name,
    version,
    engines,
    bin,
    dependencies,
    devDependencies,
  });
  const locked = Object.keys(wanted).map((key) => [
    key,
    lockfile.packages[`node_modules/${key}`]?.version,
  ]);
  expect(Object.fromEntries(locked)).toEqual(wanted);
});

test("the lockfile names no registry, so that npm uses the one of whoever installs", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved"/);
});

test("no package runs a script when it is installed", () => {
  expect(read(".npmrc").split("\n")).toContain("ignore-scripts=true");
});

test("the licence is there and is the one that package.json names", () => {
  expect(read("LICENSE")).toMatch(/^MIT License\n/);
  expect(JSON.parse(read("package.json"))).toMatchObject({ license: "MIT" });
});

test("no file names a path of one machine or the host of a registry", (context) => {
  const files = trackedFiles();
  if (files.length === 0) context.skip("not a git checkout, so no list of tracked files");
  // Also the host of the registry in use here, which npm tells its children.
  const ownRegistry = process.env["npm_config_registry"];
  const hosts = ["registry.npmjs" + ".org", ...(ownRegistry ? [new URL(ownRegistry).host] : [])];
  const machinePath = /(^|[^.\w~}])\/(work|home|root|Users)\/\w/m;
  const offenders = files.filter((path) => {
    const text = readFileSync(join(root, path), "latin1");
    if (text.includes("\0")) return false;
    return machinePath.test(text) || hosts.some((host) => text.includes(host));
  });
  expect(offenders).toEqual([]);
});

/** Relative to the root; also new files that git does not ignore. Empty where there is no git. */
function trackedFiles(): string[] {
  const list = (...options: string[]) =>
    execFileSync("git", ["ls-files", "-z", ...options], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).split("\0");
  try {
    const deleted = list("--deleted");
    return list("--cached", "--others", "--exclude-standard").filter(
      (path) => path !== "" && !deleted.includes(path),
    );
  } catch {
    return [];
  }
}
