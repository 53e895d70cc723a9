/** What axe-core finds against a page as it stands: rules of WCAG 2.2 AA and good practice, by name and place. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const source = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const everything: RunOptions = {
  runOnly: [...["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "best-practice"],
  resultTypes: ["violations"],
};

/** Only what a change of colours can break. */
const colours: RunOptions = { runOnly: ["color-contrast"], resultTypes: ["violations"] };

/** @returns one line for each place and rule; empty where there is nothing to find */
export async function violations(page: Page, what: "everything" | "colours"): Promise<string[]> {
  const isThere = await page.evaluate(() => "axe" in window);
  if (!isThere) await page.evaluate(await source);
  const { violations: found } = await page.evaluate(
    (options) => (window as unknown as AxeWindow).axe.run(document, options),
    what === "everything" ? everything : colours,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
      return `${id}: ${target.join(" ")}: ${why}`;
    }),
  );
}

interface AxeWindow {
  readonly axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
}
