/** A model of the Hugging Face Hub on the page, from a server that speaks the Hub's protocol; its map as Python. */
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { repositoryId, startHub, type FakeHub } from "../hub/hub-server.ts";
import { browserSkip, launchBrowser, openPage } from "../support/browser.ts";
import { startEngine, type EngineProcess } from "../support/engine-process.ts";
import { fixtures } from "../weights/broken-models.ts";

describe.skipIf(browserSkip !== undefined)("a model of the Hub", () => {
  let folder: string;
  let hub: FakeHub;
  let engine: EngineProcess;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "gramscope-get-"));
    const names = ["config.json", "preprocessor_config.json", "model.safetensors"];
    const files = names.map(async (name) => {
      const bytes = await readFile(path.join(fixtures, "mlp", name));
      return [name, { bytes, isLarge: name.endsWith(".safetensors") }] as const;
    });
    hub = await startHub(Object.fromEntries(await Promise.all(files)));
    const env = { HF_HOME: folder, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "" };
    [engine, browser] = await Promise.all([startEngine([], env), launchBrowser()]);
    ({ page, complaints } = await openPage(browser, engine.url));
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  });
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    await page.screenshot({ path: "test-results/get-model-failed.png" });
  });

  const get = async (repository: string) => {
    await page.getByLabel("A repository of the Hugging Face Hub").fill(repository);
    await page.getByRole("button", { name: "Get", exact: true }).click();
  };

  it("that is not there is told, and nothing is kept of it", async () => {
    await get("org/nothing");
    await page.locator(".notices").getByText("org/nothing: there is no such repository").waitFor();
    expect(await readdir(folder)).toEqual([]);
    await page.screenshot({ path: "test-results/get-model-refused.png" });
  });

  it("is downloaded into the Hub's cache and shown", async () => {
    await get(repositoryId);
    await page.locator(".card .path").getByText(repositoryId, { exact: true }).waitFor();
    await page
      .locator(".status")
      .getByText(/^features /)
      .waitFor();
    expect(await readdir(path.join(folder, "hub"))).toContain("models--org--tiny-vit");
    expect(hub.requests.length).toBeGreaterThan(2);
  });

  it("has its map as a Python program on the clipboard", async () => {
    await page.getByRole("button", { name: "Python", exact: true }).click();
    await page.getByRole("button", { name: "Copied", exact: true }).waitFor();
    const program = await page.evaluate(() => navigator.clipboard.readText());
    expect(program).toContain("import torch");
    expect(program).toMatch(/tiny-vit|models--org--tiny-vit/);
    expect(complaints).toEqual([]);
    await page.screenshot({ path: "test-results/get-model.png" });
  });
});
