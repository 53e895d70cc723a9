/** Dialogs by the keyboard: who has the focus, and that no key is lost when one closes, however slow the machine. */
import { describe, expect, it } from "vitest";
import { browserSkip } from "../support/browser.ts";
import { usePage } from "../support/page-session.ts";

/** Times as slow as this machine. */
const slower = 6;
const rounds = 10;

describe.skipIf(browserSkip !== undefined)("dialogs by the keyboard", () => {
  const at = usePage("dialogs");
  const key = (name: string) => at.page.keyboard.press(name);
  const dialog = (name: string) => at.page.getByRole("dialog", { name, exact: true });
  const focused = () =>
    at.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null);

  const keys = [
    ["Settings", "Control+,"],
    ["Keyboard", "?"],
    ["Find an action", "Control+k"],
    ["Session", "Control+s"],
    ["Save a figure", "f"],
  ] as const;

  it.each(keys)(
    "a key that is pressed at once after Esc has closed %s is not lost",
    async (name, own) => {
      const { page } = at;
      const session = await page.context().newCDPSession(page);
      // What is loaded at the first time is there from now on.
      for (const [title, combination] of keys) {
        await key(combination);
        await dialog(title).locator("input, button").first().waitFor();
        await key("Escape");
        await dialog(title).waitFor({ state: "hidden" });
      }
      await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
      const lost: string[] = [];
      for (let i = 0; i < rounds; i++) {
        const [title, combination] = keys[i % keys.length]!;
        await key(own);
        await dialog(name).locator("input, button").first().waitFor();
        await key("Escape");
        await key(combination);
        const isOpen = await dialog(title)
          .locator("input, button")
          .first()
          .waitFor({ timeout: 5000 })
          .then(
            () => true,
            () => false,
          );
        if (!isOpen) lost.push(`${title}, round ${i}`);
        await key("Escape");
        await page.locator("dialog:modal").waitFor({ state: "detached" });
      }
      await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
      expect(lost).toEqual([]);
    },
  );

  it("another pane's menu has the focus; Esc closes it, and the next key is the page's", async () => {
    const { page } = at;
    const menu = dialog("What this pane shows of its own");
    const hasFocus = () => menu.evaluate((one) => one.contains(document.activeElement));
    const stage = page.getByRole("img", { name: /Arrow keys walk/ }).first();
    await stage.focus();
    const before = await focused();
    await key("p");
    await menu.waitFor();
    await expect.poll(hasFocus).toBe(true);
    const [box, opener] = await Promise.all([
      menu.boundingBox(),
      page.getByRole("button", { name: "What this pane shows" }).boundingBox(),
    ]);
    // Beneath its button.
    expect(box!.y).toBeGreaterThanOrEqual(opener!.y + opener!.height - 1);
    expect(Math.abs(box!.x + box!.width - opener!.x - opener!.width)).toBeLessThan(2);
    await key("Escape");
    await key("2");
    await menu.waitFor({ state: "hidden" });
    expect(await focused()).toBe(before);
    await expect.poll(() => new URL(page.url()).searchParams.get("probe")).toBe("pca");
    // With nothing in focus it goes to the menu's button, from where it can be opened again.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await key("p");
    await expect.poll(hasFocus).toBe(true);
    await key("Escape");
    expect(await focused()).toBe("What this pane shows");
    await key("Enter");
    await expect.poll(hasFocus).toBe(true);
    await key("Escape");
    expect(await focused()).toBe("What this pane shows");
    expect(at.complaints).toEqual([]);
  });

  it("a word within a dialog is explained there, and Esc closes one after the other", async () => {
    const { page } = at;
    await page.getByRole("button", { name: "Check", exact: true }).press("Enter");
    const check = dialog("Check of this installation");
    await check.locator(".term").first().press("Enter");
    const box = page.locator(".term-box");
    await box.waitFor();
    expect(await box.evaluate((one) => one.contains(document.activeElement))).toBe(true);
    await key("Escape");
    await box.waitFor({ state: "detached" });
    expect(await check.isVisible()).toBe(true);
    await check.locator(".term").first().press("Enter");
    await box.getByRole("button").click();
    await page.locator("[data-term]:focus").waitFor();
    expect(await page.locator("dialog:modal").count()).toBe(0);
    expect(at.complaints).toEqual([]);
  });
});
