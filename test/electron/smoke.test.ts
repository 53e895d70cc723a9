/** The real window, where Electron's program is: `npx install-electron` gets it. Skipped without. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Desktop } from "../../electron/desktop.ts";
import { findElectron } from "../../scripts/electron-binary.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const found = findElectron(process.env);
const hasScreen =
  process.platform !== "linux" || Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);
const skip =
  "missing" in found
    ? `there is no ${found.missing}; npx install-electron fetches it`
    : hasScreen
      ? undefined
      : "there is no display; xvfb-run npm test gives one";
if (skip !== undefined) console.log(`The tests in the real window are skipped: ${skip}`);

describe.skipIf(skip !== undefined)(`the real window${skip ? ` (skipped: ${skip})` : ""}`, () => {
  let program: ElectronApplication;
  let page: Page;
  let data: string;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), "gramscope-window-"));
    const isRoot = process.getuid?.() === 0;
    program = await _electron.launch({
      executablePath: (found as { executable: string }).executable,
      args: [root, `--user-data-dir=${data}`, ...(isRoot ? ["--no-sandbox"] : [])],
      env: {
        ...(process.env as Record<string, string>),
        GRAMSCOPE_SERVE_OPTIONS: '["--port","0"]',
      },
    });
    page = await program.firstWindow();
    await page.waitForURL(/^http:\/\/127\.0\.0\.1:/);
    await page.waitForSelector("#root > *");
  });

  afterAll(async () => {
    await program.close();
    rmSync(data, { recursive: true, force: true });
  });

  test("shows the engine's page, which is isolated and has no Node", async () => {
    const seen = await page.evaluate(() => ({
      hasDesktop: "desktop" in window,
      hasNode: "process" in window || "require" in window,
    }));
    expect(seen).toEqual({ hasDesktop: true, hasNode: false });
  });

  test("does not leave the engine's address", async () => {
    const before = page.url();
    await page.evaluate(() => (location.href = "file:///"));
    await page.evaluate(() => window.open("about:blank"));
    await page.waitForTimeout(500);
    expect([page.url(), program.windows().length]).toEqual([before, 1]);
  });

  test("survives its engine: it is told, and the same address answers again", async () => {
    const kinds = await page.evaluate(async () => {
      const { desktop } = window as unknown as { desktop: Desktop };
      const seen: string[] = [];
      desktop.onEngine(({ kind }) => seen.push(kind));
      await new Promise((resolve) => setTimeout(resolve, 200));
      return seen;
    });
    expect(kinds).toEqual(["running"]);
    await program.evaluate(({ app }) => {
      const engine = app.getAppMetrics().find(({ name }) => name === "Gramscope engine");
      process.kill(engine!.pid, "SIGKILL");
    });
    await page.waitForTimeout(500);
    await expect
      .poll(() =>
        fetch(page.url()).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  test("has a menu whose recent files follow what is opened", async () => {
    const labels = await program.evaluate(({ Menu }) =>
      Menu.getApplicationMenu()!.items.map(({ label }) => label),
    );
    expect(labels).toEqual(expect.arrayContaining(["&File", "&Edit", "&View", "&Help"]));
  });
});
