/** What a file of page tests works with: an engine, a browser, a folder and one page that goes from test to test. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { launchBrowser, openPage } from "./browser.ts";
import { startEngine, type EngineProcess } from "./engine-process.ts";

/** Models are opened and compiled first, and many times slower where the machine is shared. */
const openingMs = 240_000;

export interface PageSession {
  /** Of this file's own; gone with it. */
  readonly folder: string;
  readonly engine: EngineProcess;
  readonly browser: Browser;
  readonly page: Page;
  /** Errors of scripts and of the console. */
  readonly complaints: readonly string[];
  readonly button: (name: string) => Locator;
  readonly region: (name: string) => Locator;
}

/**
 * Called in a `describe`; what it returns can be used in tests. Of a test that failed there is a
 * picture in test-results.
 *
 * @param name    of the folder and of the picture
 * @param prepare before the engine starts; variables that it returns are the engine's
 */
export function usePage(
  name: string,
  prepare?: (folder: string) => Promise<Readonly<Record<string, string>> | undefined>,
): PageSession {
  /** In the order in which they were opened; what did not open needs no closing. */
  const closing: (() => Promise<unknown>)[] = [];
  let opened: Pick<PageSession, "folder" | "engine" | "browser" | "page" | "complaints">;

  beforeAll(async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), `gramscope-${name}-`));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const env = await prepare?.(folder);
    const engine = await startEngine([], env);
    closing.push(() => engine.stop());
    const browser = await launchBrowser();
    closing.push(() => browser.close());
    opened = { folder, engine, browser, ...(await openPage(browser, engine.url)) };
    await opened.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  }, openingMs);
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    await opened.page.screenshot({ path: `test-results/${name}-failed.png` });
  });

  const named = (role: "button" | "region") => (name: string) =>
    opened.page.getByRole(role, { name, exact: true });
  return {
    get folder() {
      return opened.folder;
    },
    get engine() {
      return opened.engine;
    },
    get browser() {
      return opened.browser;
    },
    get page() {
      return opened.page;
    },
    get complaints() {
      return opened.complaints;
    },
    button: named("button"),
    region: named("region"),
  };
}
