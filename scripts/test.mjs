/**
 * `npm test`: format, lint and types at once, then every test; all of them run, whatever fails. With
 * arguments (`npm test -- session`) only the tests, which get the arguments. The last line counts;
 * each of the three checks counts as one.
 */
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { testEnvironment } from "./chromium.mjs";
import { npmCommand, ready, root } from "./ready.mjs";

const reportFile = join(root, "test-results", "vitest.json");
const checks = [
  { title: "Format", script: "format:check" },
  { title: "Lint", script: "lint" },
  { title: "Types", script: "types" },
];

await ready({ build: true });

const vitestArguments = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };

if (vitestArguments.length === 0) {
  // Each takes one core for most of its time; what they print is kept apart.
  const running = checks.map(({ title, script }) => ({ title, ended: check(script) }));
  for (const { title, ended } of running) {
    heading(title);
    const { code, output } = await ended;
    process.stdout.write(output);
    counts[code === 0 ? "passed" : "failed"] += 1;
  }
}

heading("Tests");
const env = await testEnvironment();
for (const name of ["GRAMSCOPE_WEBGPU_SKIP", "GRAMSCOPE_CHROMIUM_SKIP"]) {
  if (env[name]) console.log(`${name}: ${env[name]}`);
}
rmSync(reportFile, { force: true });
const choosesReporter = vitestArguments.some((argument) => argument.startsWith("--reporter"));
const vitestCode = await run(
  process.execPath,
  [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    ...(choosesReporter ? [] : ["--reporter=default"]),
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...vitestArguments,
  ],
  { env: { ...process.env, ...env } },
);
addReport(vitestCode);

console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** @param {string} title */
function heading(title) {
  console.log(`\n=== ${title}`);
}

/**
 * @param {string} script of package.json
 * @returns {Promise<{ code: number, output: string }>} the exit code, and all that it printed
 */
function check(script) {
  return new Promise((resolve) => {
    const npm = npmCommand(["run", "--silent", script]);
    const child = spawn(npm.command, npm.args, { cwd: root, shell: npm.shell });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    }
    child.on("error", (error) => resolve({ code: 1, output: `${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ shell?: boolean, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} the exit code
 */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * Adds what vitest counted. A file that did not load has no tests to fail, and a run that crashed
 * has no report: each is one failure.
 *
 * @param {number} exitCode
 */
function addReport(exitCode) {
  const failedBefore = counts.failed;
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8"));
    counts.passed += report.numPassedTests;
    counts.failed += report.numFailedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    for (const file of report.testResults) {
      /** @type {{ status: string }[]} */
      const tests = file.assertionResults;
      if (file.status === "failed" && !tests.some(({ status }) => status === "failed")) {
        counts.failed += 1;
      }
    }
  } catch (error) {
    console.error(`vitest left no report: ${error instanceof Error ? error.message : error}`);
  }
  if (exitCode !== 0 && counts.failed === failedBefore) counts.failed += 1;
}
