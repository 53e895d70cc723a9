/** How well an action answers to what is typed. */

/**
 * Every word that is typed must be in the title or among the further words; letters that are merely
 * in that order somewhere find too much to be of use.
 *
 * @returns 0 for no match, at most 1: the beginnings of the title's words count most
 */
export function matchOf(title: string, typed: string, further: readonly string[] = []): number {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const parts = words.map((word) => matchOfWord(title.toLowerCase(), word, further));
  if (parts.includes(0)) return 0;
  // Of two that answer alike the shorter one says more of what was typed.
  const share = typed.length / (typed.length + title.length);
  return (0.9 * parts.reduce((sum, part) => sum + part, 0)) / parts.length + 0.1 * share;
}

function matchOfWord(title: string, word: string, further: readonly string[]): number {
  if (title.startsWith(word)) return 1;
  if (title.includes(` ${word}`)) return 0.9;
  if (title.includes(word)) return 0.6;
  return further.some((one) => one.toLowerCase().includes(word)) ? 0.3 : 0;
}
