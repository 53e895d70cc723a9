/** Of the mentions of a word in a panel the first that is drawn is the linked one; the rest are text. */
import type { TermName } from "../../store/term-names.ts";

/** What counts as one panel: a word is linked once in each. */
export const panelSelector =
  "section, dialog, [popover], figure, details, .setting, main, aside, header, footer";

/** Whatever stands in these is pressed, chosen or read as a whole: no button fits in. */
export const wholeSelector =
  "button, label, summary, option, a, [role=option], [role=tab], [role=slider], [role=img]";

type Tell = (isLinked: boolean) => void;

const mentions = new WeakMap<Element, Map<TermName, Tell[]>>();

/** @returns leaves again; the next mention takes its place */
export function joinPanel(element: Element, name: TermName, tell: Tell): () => void {
  const panel = element.closest(panelSelector);
  if (!panel || element.closest(wholeSelector)) return () => {};
  const inPanel = mentions.get(panel) ?? new Map<TermName, Tell[]>();
  mentions.set(panel, inPanel);
  const line = inPanel.get(name) ?? [];
  inPanel.set(name, line);
  line.push(tell);
  if (line.length === 1) tell(true);
  return () => {
    const isFirst = line[0] === tell;
    line.splice(line.indexOf(tell), 1);
    if (isFirst) line[0]?.(true);
  };
}
