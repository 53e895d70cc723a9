/** Words of the glossary that stand on the page, in panels where no mention of them is linked. */
import type { Page } from "playwright-core";
import { panelSelector } from "../../renderer/panels/learn/first-mention.ts";
import { termsIn } from "../../renderer/panels/learn/word-forms.ts";

/** Where a word needs no link, and why. */
const exceptions: Readonly<Record<string, string>> = {
  "button, summary, [role=tab], [role=button]:not(.term)": "pressed as a whole",
  "select, option, [role=option], .segments label, .axis-values, [cmdk-list]": "chosen as a whole",
  "input, textarea, kbd": "typed",
  "[role=slider], [role=img], svg, canvas": "a picture, or a control that is read as a whole",
  ".readout, .scene-readout": "changes with every move of the pointer",
  "code, pre, bdi, .path, .case-name, .credit, .about, .pane-head strong[title], .run-names, .subject, .run-folder":
    "names of files, of runs and of people",
  ".notice, [role=alert]": "a message that goes again, with names and paths in it",
  ".unseen": "read aloud only, and said in sight beside it",
  ".learn-page, .lesson, .term-box": "the glossary, and lessons, which mark their words by hand",
};

interface PanelText {
  readonly panel: string;
  /** With what it is said to mean, where it is said. */
  readonly texts: readonly (readonly [text: string, meant: string | undefined])[];
  readonly linked: readonly string[];
}

/** @returns a line for each panel and word; empty where all is linked */
export async function unlinkedTerms(page: Page): Promise<string[]> {
  const panels = await page.evaluate(
    ([panelSelector, excepted]) => {
      const found = new Map<Element, { texts: [string, string | undefined][] }>();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode as Text;
        const element = node.parentElement!;
        const panel = element.closest(panelSelector);
        if (!panel || element.closest(excepted) || !/\p{L}/u.test(node.data)) continue;
        const { width, height } = element.getBoundingClientRect();
        if (!element.checkVisibility({ visibilityProperty: true }) || width * height <= 1) continue;
        const entry = found.get(panel) ?? { texts: [] };
        found.set(panel, entry);
        const mention = element.closest<HTMLElement>("[data-mention]");
        entry.texts.push([node.data, mention?.dataset["mention"]]);
      }
      return [...found].map(([panel, { texts }]): PanelText => {
        const own = [...panel.querySelectorAll<HTMLElement>("[data-terms]")].filter(
          // What is explained by a setting's "?" is linked in what that opens.
          (one) => one.closest(panelSelector) === panel,
        );
        const linked = own.flatMap((one) => one.dataset["terms"]!.split("\n"));
        const name = panel.getAttribute("aria-label") ?? panel.className;
        return { panel: `${panel.tagName.toLowerCase()} ${name}`, texts, linked };
      });
    },
    [panelSelector, Object.keys(exceptions).join(", ")] as const,
  );
  return panels.flatMap(({ panel, texts, linked }) => {
    const lines = new Map(
      texts.flatMap(([text, meant]) =>
        (meant === undefined ? termsIn(text) : [meant]).map((name) => [name, text.trim()] as const),
      ),
    );
    return [...lines]
      .filter(([name]) => !linked.includes(name))
      .map(([name, text]) => `${panel}: "${name}" in "${text.slice(0, 80)}"`);
  });
}
