/**
 * Exporting as a person does it in the page: choices with their consequences, a proof that is drawn,
 * one that fails and says so, and a cancelled one that leaves nothing. A real engine writes real files.
 */
import { copyFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parityCard } from "../../engine/protocol/exporting.ts";
import { auditPage } from "../support/audit.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";
import { fixtures } from "../weights/broken-models.ts";

/** Models are opened and compiled, and many times slower where the machine is shared. */
const patient = { timeout: 240_000 };
const model = path.join(fixtures, "mlp");

describe.skipIf(browserSkip !== undefined)("the page exports", () => {
  const at = usePage("export");
  const { button, region } = at;
  const form = () => at.page.getByRole("complementary", { name: "What is exported" });
  const precision = (name: string) =>
    form().getByRole("checkbox", { name: new RegExp(`^${name}(?!-)`) });
  const verdict = () => region("Verdict").getByRole("status");

  it("begins with the model that is looked at, and an address of its own", async () => {
    await button("Export").click();
    await expect.poll(() => at.page.url()).toMatch(/page=export/);
    const source = form().getByRole("combobox", { name: "Model", exact: true });
    await expect.poll(() => source.inputValue(), patient).toContain("assets/models/");
    const place = form().getByLabel("Write to");
    await expect.poll(() => place.getAttribute("placeholder")).toMatch(/gramscope-exports.*-onnx$/);
    await source.fill(model);
  });

  it("says in a line what follows from each choice, and what is still lacking", async () => {
    const words = () => form().innerText();
    await expect.poll(words).toContain("about a quarter; whole numbers");
    await form().getByText("safetensors", { exact: true }).click();
    await expect.poll(words).toContain("transformers opens it with from_pretrained");
    await form().getByText("official", { exact: true }).click();
    await expect.poll(words).toContain("of the authors' own code takes it");
    await form().getByText("ONNX", { exact: true }).click();
    for (const one of ["fp32", "fp16", "int8"]) await precision(one).uncheck();
    await expect.poll(words).toContain("Choose at least one precision.");
    const submit = region("Export").getByRole("button", { name: "Export" });
    expect(await submit.isEnabled()).toBe(false);
    await precision("fp32").check();
    await precision("int8").check();
    await form().getByLabel("At most").fill("0");
    await expect.poll(words).toContain("At most: expected a whole number from 1 to 1,024");
    await form().getByLabel("At most").fill("2");
    await form().getByLabel(/^Size/).fill("64");
    await expect.poll(() => submit.isEnabled()).toBe(true);
  });

  it("writes the folder and draws its card", async () => {
    const target = path.join(at.folder, "out");
    await form().getByLabel("Write to").fill(target);
    await region("Export").getByRole("button", { name: "Export" }).click();
    await expect.poll(() => verdict().innerText(), patient).toContain("The same model");
    const card = parityCard.parse(
      JSON.parse(await readFile(path.join(target, "parity.json"), "utf8")),
    );
    expect(card.exports.map((one) => one.precision)).toEqual(["fp32", "int8"]);
    const rows = region("Numbers").getByRole("row");
    expect(await rows.nth(1).innerText()).toMatch(/fp32[^]*✓ pass/);
    expect(await rows.nth(2).innerText()).toContain(card.exports[1]!.numbers.cosine.p1.toFixed(5));
    await region("Files").locator("summary").click();
    await auditPage(at.page, "a finished card");
    const pictures = region("Pictures").getByRole("img");
    expect(await pictures.count()).toBe(2);
    const width = () => pictures.first().evaluate((one: HTMLImageElement) => one.naturalWidth);
    await expect.poll(width).toBeGreaterThan(500);
    await button("Copy path").click();
    expect(await at.page.evaluate(() => navigator.clipboard.readText())).toBe(target);
    // A browser does not show folders.
    expect(await button("Show in folder").count()).toBe(0);
  });

  it.each([
    ["light", 1440, 900],
    ["dark", 1440, 900],
    ["dark", 1024, 700],
    ["light", 1024, 700],
  ] as const)("fits the window, %s at %i px", async (theme, width, height) => {
    await at.page.setViewportSize({ width, height });
    await at.page.evaluate((name) => (document.documentElement.dataset["theme"] = name), theme);
    const overflow = () =>
      at.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    const top = await at.page
      .locator("header.top")
      .evaluate((one) => one.scrollWidth - one.clientWidth);
    expect(top).toBeLessThanOrEqual(0);
    await at.page.screenshot({ path: `test-results/export-${width}-${theme}.png` });
  });

  it("does not write over it, and says so beside the button", async () => {
    await region("Export").getByRole("button", { name: "Export" }).click();
    const alert = at.page.getByRole("alert");
    await expect
      .poll(() => alert.innerText(), patient)
      .toContain("expected a new or an empty folder");
    expect(await alert.count()).toBe(1);
  });

  it("cancelled, leaves nothing", async () => {
    await form().getByLabel("Write to").fill(path.join(at.folder, "never"));
    await form().getByLabel("At most").fill("200");
    await region("Export").getByRole("button", { name: "Export" }).click();
    await region("Work in progress").getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => form().innerText(), patient).toContain("Nothing of it was written.");
    await expect.poll(() => readdir(at.folder), patient).toEqual(["out"]);
  });

  it("without a proof says that there is none", async () => {
    await form().getByLabel("Prove that it is the same model").uncheck();
    await expect.poll(() => form().innerText()).toContain("The card says so.");
    await form().getByLabel("Write to").fill(path.join(at.folder, "unproved"));
    await region("Export").getByRole("button", { name: "Export" }).click();
    await expect.poll(() => verdict().innerText(), patient).toContain("Not proved.");
    await auditPage(at.page, "an export without a proof");
  });

  describe("and verifies", () => {
    const submit = () => region("Verify").getByRole("button");
    const folderOf = () => form().getByRole("combobox", { name: "Folder of an export" });
    const original = () => form().getByRole("combobox", { name: "Original, if it is at hand" });
    const alert = () => at.page.getByRole("alert");
    const bar = (name: string) => form().getByRole("textbox", { name: new RegExp(`^${name} `) });

    it("a folder that is no export, or has nothing to compare with: one message in place", async () => {
      await at.page.getByRole("tab", { name: "Verify", exact: true }).click();
      expect(await form().innerText()).toContain("Give the folder of an export.");
      expect(await submit().isEnabled()).toBe(false);
      const refusals = [
        [path.join(at.folder, "nowhere"), "nowhere"],
        [at.folder, "expected an exported folder"],
        [path.join(at.folder, "unproved"), "the features of the original; there are none"],
      ] as const;
      for (const [place, words] of refusals) {
        await folderOf().fill(place);
        await submit().click();
        await expect
          .poll(() => alert().allInnerTexts(), patient)
          .toEqual([expect.stringContaining(words)]);
      }
    });

    it("an export from its files alone, and draws its card", async () => {
      await folderOf().fill(path.join(at.folder, "out"));
      await submit().click();
      await expect.poll(() => verdict().innerText(), patient).toContain("The same model");
      const numbers = region("Numbers");
      expect(await numbers.innerText()).toContain("stored features of fixture mlp");
      expect(await numbers.getByRole("row").nth(2).innerText()).toMatch(/int8[^]*✓ pass/);
      expect(await alert().count()).toBe(0);
      await at.page.screenshot({ path: "test-results/verify.png" });
    });

    it("against the original and bars of one's own, and tells of a file that was changed", async () => {
      await original().fill(model);
      await form().getByLabel("At most").fill("1");
      await form().getByLabel(/^Size/).fill("64");
      await form().getByText(/^Bars/).click();
      await bar("int8").fill("2");
      expect(await form().innerText()).toContain("Bar of int8: expected a number above 0, up to 1");
      await bar("int8").fill("1");
      // The same weights in a file that the card is not about.
      const changed = path.join(at.folder, "out/onnx/model.onnx");
      await copyFile(path.join(at.folder, "unproved/onnx/model.onnx"), changed);
      await submit().click();
      await expect.poll(() => verdict().innerText(), patient).toBe("Failed: int8");
      expect(await region("Verdict").innerText()).toMatch(/does not reach 1\. .* The others hold/);
      expect(await alert().allInnerTexts()).toEqual([
        expect.stringContaining("onnx/model.onnx is not what the card in the folder is about"),
      ]);
      await at.page.screenshot({ path: "test-results/verify-failed-bar.png" });
      await auditPage(at.page, "a verification that failed");
    });

    it("and is cancelled", async () => {
      await form().getByLabel("At most").fill("500");
      await submit().click();
      await region("Work in progress").getByRole("button", { name: "Cancel" }).click();
      await expect.poll(() => form().innerText(), patient).toContain("The folder is as it was.");
    });
  });

  it("raised no complaint", () => {
    expect(at.complaints).toEqual([]);
  });
});
