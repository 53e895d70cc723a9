/**
 * Draws the curves of runs as the page shows them:
 * `node scripts/curves-picture.mjs OUT.png RUN [RUN..]`, after `npm run build`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { testEnvironment } from "./chromium.mjs";
import { root } from "./ready.mjs";

const [out, ...runs] = process.argv.slice(2);
if (!out || runs.length === 0) {
  console.error("Expected the picture to write and at least one run: OUT.png RUN [RUN..]");
  process.exit(2);
}

const environment = await testEnvironment();
const engine = spawn(
  process.execPath,
  [join(root, "dist/engine/main.js"), "serve", "--json", "--port", "0", "--device", "cpu"],
  { stdio: ["ignore", "pipe", "inherit"] },
);
try {
  const [line] = await once(createInterface({ input: engine.stdout }), "line");
  const { url } = JSON.parse(line);
  const browser = await chromium.launch({
    executablePath: environment["GRAMSCOPE_CHROMIUM"] ?? "",
    args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
    env: { ...process.env, ...environment },
  });
  // Wide enough for some columns of curves, high enough for all of them.
  const page = await browser.newPage({
    viewport: { width: 1900, height: 2400 },
    colorScheme: "dark",
  });
  await page.goto(`${url}&page=train`);
  await page.getByText("Open an earlier run").click();
  for (const run of runs) {
    await page.getByLabel("Its folder").fill(resolve(run));
    await page.getByRole("button", { name: "Show its curves" }).click();
    await page.locator(".run-names bdi", { hasText: basename(run) }).waitFor();
  }
  await page.locator(".curve-grid canvas").first().waitFor();
  await page.locator(".curve-grid").screenshot({ path: out });
  await browser.close();
} finally {
  engine.kill();
}
