/** A table of probabilities cut to what can be seen of it. */

export interface AssignedCrop {
  /** The prototype with the largest share. */
  readonly best: number;
  readonly share: number;
  /** exp of the entropy: 1 where one prototype has all, K where all have the same. */
  readonly effective: number;
}

export interface AssignmentTable {
  /** [rows, prototypes], columns in the order of `prototypes`. */
  readonly values: Float32Array;
  readonly rows: readonly AssignedCrop[];
  /** Numbers of the prototypes that are shown, those of the first crop first. */
  readonly prototypes: readonly number[];
}

/**
 * The prototypes with the largest shares, ordered by the crop that gives them most, so that what
 * crops share shows as columns and what is theirs as a diagonal.
 * @param values [rows, count], rows sum to 1
 */
export function strongest(
  values: Float32Array,
  rows: number,
  count: number,
  most: number,
): AssignmentTable {
  const columns = Array.from({ length: count }, (_, k) => {
    let [largest, row] = [-1, 0];
    for (let r = 0; r < rows; r++) {
      const value = values[r * count + k]!;
      if (value > largest) [largest, row] = [value, r];
    }
    return { k, largest, row };
  });
  const shown = columns
    .sort((a, b) => b.largest - a.largest)
    .slice(0, most)
    .sort((a, b) => a.row - b.row || b.largest - a.largest)
    .map(({ k }) => k);
  const table = new Float32Array(rows * shown.length);
  const crops: AssignedCrop[] = [];
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * count, (r + 1) * count);
    shown.forEach((k, i) => (table[r * shown.length + i] = row[k]!));
    let [best, entropy] = [0, 0];
    row.forEach((value, k) => {
      if (value > row[best]!) best = k;
      if (value > 0) entropy -= value * Math.log(value);
    });
    crops.push({ best, share: row[best] ?? 0, effective: Math.exp(entropy) });
  }
  return { values: table, rows: crops, prototypes: shown };
}
