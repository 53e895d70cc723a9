/** The name that someone who mistyped another probably meant. */

/**
 * The candidate with the fewest edits from `name`, letter case ignored; undefined where more than
 * half the letters would change.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  // Beyond this length it is no misspelling, and the table would grow with what someone sends.
  if (name.length > 100) return undefined;
  const typed = name.toLowerCase();
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < fewest && distance <= 0.5 * Math.max(typed.length, candidate.length)) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
