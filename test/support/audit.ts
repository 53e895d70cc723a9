/** What is held against the page in each of its states: what axe finds, and words that nobody explains. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { violations } from "./axe.ts";
import { unlinkedTerms } from "./unlinked-terms.ts";

/** In the light all rules, in the dark what colours can break. Goes on where something is found. */
export async function auditPage(page: Page, state: string): Promise<void> {
  const found: string[] = [];
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  found.push(...(await violations(page, "everything")), ...(await unlinkedTerms(page)));
  await page.emulateMedia({ colorScheme: "dark" });
  found.push(...(await violations(page, "colours")).map((one) => `dark: ${one}`));
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  expect.soft(found, state).toEqual([]);
}
