/** Sessions in a real browser: a view with panes and a photograph of the user's own, saved, left and reopened. */
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { auditPage } from "../support/audit.ts";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";
import { bundledModel } from "../support/running-engine.ts";

describe.skipIf(browserSkip !== undefined)("sessions", () => {
  const square = (red: number) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r: red, g: 90, b: 40 } } })
      .png()
      .toBuffer();
  const session = usePage("sessions", async (folder) => {
    await mkdir(path.join(folder, "models"));
    await cp(bundledModel, path.join(folder, "models", "mine"), { recursive: true });
    await writeFile(path.join(folder, "square.png"), await square(200));
    return undefined;
  });
  const panes = () => session.page.locator("section.pane");
  const query = () => new URL(session.page.url()).search;
  const dialog = () => session.page.getByRole("dialog", { name: "Session", exact: true });
  const findings = () => session.page.getByRole("dialog", { name: "What the session needs" });
  const subject = () => session.page.locator(".top .subject").innerText();
  const at = (...parts: string[]) => path.join(session.folder, ...parts);
  const file = () => at("view.gramscope.json");

  async function open(): Promise<void> {
    await session.page.getByRole("button", { name: "Session", exact: true }).click();
    await dialog().getByLabel("Open a session").fill(file());
    await dialog().getByRole("button", { name: "Open", exact: true }).click();
  }

  /** Another view, as different as it gets. */
  async function leave(): Promise<void> {
    const { page } = session;
    await page.keyboard.press("1");
    await page.getByRole("button", { name: "Close all panes but the first" }).click();
    await page.getByLabel("Open another model").fill(bundledModel);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    // One of each content that it had.
    const own = page.getByRole("button", { name: "Remove square.png" });
    while ((await own.count()) > 0) await own.first().click();
    await expect.poll(() => panes().count()).toBe(1);
    await expect.poll(subject).not.toMatch(/square/);
    // The address follows a moment later.
    await expect.poll(query).not.toMatch(/pane=|probe=/);
  }

  let saved = "";

  it("is saved with panes and a photograph, and brings both back in one step", async () => {
    const { page, complaints } = session;
    await page.getByLabel("Open another model").fill(at("models", "mine"));
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.locator("input[type=file][multiple]").setInputFiles(at("square.png"));
    await expect.poll(subject).toMatch(/square\.png/);
    await page.keyboard.press("2");
    await page.keyboard.press("p");
    const menu = page.getByRole("dialog", { name: "What this pane shows of its own" });
    await menu.getByLabel("Photograph").selectOption({ index: 2 });
    await menu.getByLabel("Layer").selectOption({ index: 1 });
    await page.keyboard.press("Escape");
    await expect.poll(query).toMatch(/pane=/);
    await page.getByRole("button", { name: "Session", exact: true }).click();
    await dialog().getByLabel("Save this view as").fill(file());
    await dialog().getByRole("button", { name: "Save", exact: true }).click();
    await expect.poll(() => dialog().innerText()).toMatch(/Saved as .*view\.gramscope\.json/);
    await auditPage(page, "session dialog");
    await page.keyboard.press("Escape");
    saved = query();
    const text = JSON.parse(await readFile(file(), "utf8")) as Record<string, unknown>;
    expect(text).toMatchObject({ models: [{ path: "models/mine" }] });
    expect(text["photographs"]).toContainEqual(
      expect.objectContaining({ name: "square.png", path: "square.png" }),
    );

    await leave();
    const left = { query: query(), subject: await subject() };
    await open();
    await expect.poll(query).toBe(saved);
    await expect.poll(subject).toMatch(/square\.png/);
    expect(await panes().count()).toBe(2);
    await page.keyboard.press("Control+z");
    await expect.poll(subject).toBe(left.subject);
    await expect.poll(query).toBe(left.query);
    expect(complaints).toEqual([]);
  });

  it("asks where what moved is, says what changed, and changes nothing before", async () => {
    const { complaints } = session;
    await rename(at("models"), at("elsewhere"));
    await writeFile(at("square.png"), await square(20));
    const before = { query: query(), subject: await subject() };
    await open();
    await expect.poll(() => findings().innerText()).toMatch(/2 of 3 found/);
    await auditPage(session.page, "what a session needs");
    expect(await findings().innerText()).toMatch(/square\.png[^]*Changed since: opened anyway/);
    expect({ query: query(), subject: await subject() }).toEqual(before);
    await findings()
      .getByLabel(/^Where .* is now$/)
      .fill(at("elsewhere", "mine"));
    await findings().getByRole("button", { name: "Find" }).click();
    await expect.poll(() => findings().innerText()).toMatch(/3 of 3 found/);
    await findings().getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(query).toBe(saved);
    await expect.poll(subject).toMatch(/square\.png/);
    expect(await findings().count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  /** As a browser hands over a file that lies on this machine. */
  const drop = (name: string, text: string) =>
    session.page.evaluate(
      ([fileName, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], fileName, { type: "application/json" }));
        window.dispatchEvent(
          new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
        );
      },
      [name, text] as const,
    );
  let downloaded = "";

  it("is downloaded, and comes back from the file that a person chooses", async () => {
    const { page, complaints } = session;
    await page.getByRole("button", { name: "Session", exact: true }).click();
    const arriving = page.waitForEvent("download");
    await dialog().getByRole("button", { name: "Download" }).click();
    const download = await arriving;
    expect(download.suggestedFilename()).toBe("square-png.gramscope.json");
    await download.saveAs(at("downloaded.gramscope.json"));
    downloaded = await readFile(at("downloaded.gramscope.json"), "utf8");
    await expect.poll(() => dialog().count()).toBe(0);

    await leave();
    await page.getByRole("button", { name: "Session", exact: true }).click();
    await dialog().getByLabel("Session file").setInputFiles(at("downloaded.gramscope.json"));
    await expect.poll(query).toBe(saved);
    await expect.poll(subject).toMatch(/square\.png/);
    expect(await panes().count()).toBe(2);
    await expect.poll(() => dialog().count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("comes back from a file that is dropped anywhere on the page", async () => {
    await leave();
    await drop("downloaded.gramscope.json", downloaded);
    await expect.poll(query).toBe(saved);
    await expect.poll(subject).toMatch(/square\.png/);
    expect(await panes().count()).toBe(2);
    expect(session.complaints).toEqual([]);
  });

  it("a dropped file that is none is refused once, by its name, and changes nothing", async () => {
    const before = { query: query(), subject: await subject() };
    await drop("holiday.gramscope.json", downloaded.slice(0, 100));
    const notice = session.page.getByRole("alert");
    await expect
      .poll(() => notice.allInnerTexts())
      .toEqual([
        expect.stringMatching(/holiday\.gramscope\.json: expected a session of Gramscope/),
      ]);
    expect({ query: query(), subject: await subject() }).toEqual(before);
  });

  it("keeps a picture of labels, finds it where it moved, and says that it changed", async () => {
    const { page, complaints } = session;
    const labels = (left: number) =>
      sharp(
        Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? left : 7)),
        { raw: { width: 64, height: 64, channels: 1 } },
      )
        .toColourspace("b-w")
        .png()
        .toBuffer();
    await mkdir(at("masks"));
    await writeFile(at("masks", "square-labels.png"), await labels(3));
    // Beside the session, so that it is named and not inside.
    await cp(at("masks", "square-labels.png"), at("square-labels.png"));
    await leave();
    await page.locator("input[type=file][multiple]").setInputFiles(at("square.png"));
    await expect.poll(subject).toMatch(/square\.png/);
    await page.keyboard.press("x");
    await page.getByLabel("Colour of the points").selectOption("class");
    await page.getByLabel("Label picture").setInputFiles(at("square-labels.png"));
    const key = () => page.locator(".legend.components").allInnerTexts();
    await expect.poll(key).toEqual([expect.stringMatching(/class [37][^]*class [37]/)]);
    await page.getByRole("button", { name: "Session", exact: true }).click();
    await dialog().getByLabel("Save this view as").fill(file());
    await dialog().getByRole("button", { name: "Save", exact: true }).click();
    await expect.poll(() => dialog().innerText()).toMatch(/Saved as/);
    await page.keyboard.press("Escape");
    const text = JSON.parse(await readFile(file(), "utf8")) as Record<string, unknown>;
    expect(text["labels"]).toEqual([
      expect.objectContaining({ of: "p1", name: "square-labels.png", path: "square-labels.png" }),
    ]);

    const forget = async () => {
      await page.getByRole("button", { name: "Remove square.png" }).click();
      await expect.poll(subject).not.toMatch(/square/);
      await expect.poll(() => page.getByText("This photograph has no classes.").count()).toBe(1);
    };
    await forget();
    await open();
    await expect.poll(key).toEqual([expect.stringMatching(/class [37][^]*class [37]/)]);

    await forget();
    await rename(at("square-labels.png"), at("masks", "moved.png"));
    await open();
    await expect.poll(() => findings().innerText()).toMatch(/2 of 3 found/);
    expect(await findings().innerText()).toMatch(/square-labels\.png labels, missing/);
    expect(await findings().innerText()).toMatch(/Without its labels a photograph has no classes/);
    await writeFile(at("masks", "moved.png"), await labels(5));
    await findings().getByLabel("Where square-labels.png is now").fill(at("masks", "moved.png"));
    await findings().getByRole("button", { name: "Find" }).click();
    await expect.poll(() => findings().innerText()).toMatch(/3 of 3 found/);
    expect(await findings().innerText()).toMatch(
      /square-labels\.png labels[^]*Changed since: opened anyway/,
    );
    await findings().getByRole("button", { name: "Open", exact: true }).click();
    await expect.poll(key).toEqual([expect.stringMatching(/class [57][^]*class [57]/)]);
    expect(complaints).toEqual([]);
  });
});
