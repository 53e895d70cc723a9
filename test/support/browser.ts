/** A real Chromium for the page's tests: scripts/test.mjs unpacks it and says why where it cannot. */
import { chromium, type Browser, type Page } from "playwright-core";

/** The reason to skip the page's tests, or undefined where they run. */
export const browserSkip =
  process.env["GRAMSCOPE_CHROMIUM_SKIP"] ??
  (process.env["GRAMSCOPE_CHROMIUM"] === undefined
    ? "no Chromium in this process: run the tests through npm test"
    : undefined);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["GRAMSCOPE_CHROMIUM"]!,
    headless: true,
    // WebGL in software and nothing else forced: as Chromium runs on a machine without a GPU, where
    // the page itself is put together on the processor rather than by a graphics driver in software.
    args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts and of the console: a page at rest has none. */
  readonly complaints: string[];
}

/** Open the page and wait for its first map. @param query further parts of the address, with "&" */
export async function openPage(
  browser: Browser,
  url: string,
  query = "",
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  // The doors of a first visit have tests of their own.
  await page.addInitScript(() => localStorage.setItem("gramscope welcomed", "yes"));
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${url}${query}`);
  // Features on the stage are told in the status bar. The engine tries every executor first, which is
  // seconds, and many of them where the machine is shared.
  await page
    .locator(".status")
    .getByText(/^features /)
    .waitFor({ timeout: 100_000 });
  return { page, complaints };
}
