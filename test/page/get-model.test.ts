/** A model of the Hugging Face Hub on the page, from a server that speaks the Hub's protocol; its map as Python. */
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { repositoryId, startHub, type FakeHub } from "../hub/hub-server.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";
import { TrainPage } from "../support/train-page.ts";
import { fixtures } from "../weights/broken-models.ts";

/** A thread is started first, and slowly where the machine is shared. */
const patient = { timeout: 60_000 };

describe.skipIf(browserSkip !== undefined)("a model of the Hub", () => {
  let hub: FakeHub;
  const at = usePage("get-model", async (folder) => {
    const names = ["config.json", "preprocessor_config.json", "model.safetensors"];
    const files = names.map(async (name) => {
      const bytes = await readFile(path.join(fixtures, "mlp", name));
      return [name, { bytes, isLarge: name.endsWith(".safetensors") }] as const;
    });
    hub = await startHub(Object.fromEntries(await Promise.all(files)));
    return { HF_HOME: folder, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "" };
  });
  afterAll(() => hub.close());

  const get = async (repository: string) => {
    await at.page.getByLabel("A repository of the Hugging Face Hub").fill(repository);
    await at.page.getByRole("button", { name: "Get", exact: true }).click();
  };

  it("that is not there is told, and nothing is kept of it", async () => {
    await get("org/nothing");
    await at.page
      .locator(".notices")
      .getByText("org/nothing: there is no such repository")
      .waitFor();
    expect(await readdir(at.folder)).toEqual([]);
    await at.page.screenshot({ path: "test-results/get-model-refused.png" });
  });

  it("is downloaded into the Hub's cache and shown", async () => {
    await get(repositoryId);
    await at.page.locator(".card .path").getByText(repositoryId, { exact: true }).waitFor();
    await at.page
      .locator(".status")
      .getByText(/^features /)
      .waitFor();
    expect(await readdir(path.join(at.folder, "hub"))).toContain("models--org--tiny-vit");
    expect(hub.requests.length).toBeGreaterThan(2);
  });

  it("has its map as a Python program on the clipboard", async () => {
    await at.page.getByRole("button", { name: "Python", exact: true }).click();
    await at.page.getByRole("button", { name: "Copied", exact: true }).waitFor();
    const program = await at.page.evaluate(() => navigator.clipboard.readText());
    expect(program).toContain("import torch");
    expect(program).toMatch(/tiny-vit|models--org--tiny-vit/);
    await at.page.screenshot({ path: "test-results/get-model.png" });
  });

  it("tells when the browser does not let it be copied", async () => {
    await at.page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("denied"));
    });
    await at.button("Python").click();
    await at.page.locator(".notices").getByText("The browser did not let the page copy.").waitFor();
  });

  it("is measured by its name; of one that was not got, one message says how to get it", async () => {
    await at.page.goto(`${at.engine.url}&page=measure&tab=probes`);
    const model = at.page.getByRole("combobox", { name: "Model", exact: true });
    await model.fill("hf:org/other");
    const measure = at.region("Measure").getByRole("button");
    await measure.click();
    const alert = at.page.getByRole("alert");
    await expect
      .poll(() => alert.allInnerTexts(), patient)
      .toEqual([
        expect.stringMatching(/^hf:org\/other: it is not in the Hub's cache.*\n+Get it first/),
      ]);
  });

  it("is trained from by its name; a run downloads nothing", async () => {
    await at.page.goto(`${at.engine.url}&page=train`);
    const train = new TrainPage(at.page);
    await train.recipe.waitFor();
    await (await train.setting("Init")).fill("hf:org/other");
    await train.folder().fill(path.join(at.folder, "run"));
    await train.button("Start").click();
    const alert = at.page.getByRole("alert");
    await expect
      .poll(() => alert.allInnerTexts(), patient)
      .toEqual([expect.stringContaining("hf:org/other: it is not in the Hub's cache")]);
    expect(await readdir(at.folder)).toEqual(["hub"]);
    expect(at.complaints).toEqual([]);
  });
});
