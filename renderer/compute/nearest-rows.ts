/** The rows of a sample that are nearest to each row by cosine, by comparing all with all. */
import type { UnitRows } from "./unit-rows.ts";

export interface Nearest {
  readonly k: number;
  /** Places in the sample, int32 [count, k], nearest first. */
  readonly places: Int32Array;
  /** float32 [count, k], descending. */
  readonly cosines: Float32Array;
}

/**
 * A row is not its own neighbour.
 *
 * @param sample indices of rows
 * @param k      at most one less than the sample has
 */
export function nearestRows(
  rows: UnitRows,
  count: number,
  sample: Int32Array,
  k: number,
  onProgress: (part: number) => void,
): Nearest {
  const places = new Int32Array(count * k).fill(-1);
  const cosines = new Float32Array(count * k).fill(-Infinity);
  sample.forEach((row, place) => {
    const { values } = rows.cosines(rows.meanOf([row]));
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      const last = i * k + k - 1;
      if (!(value > cosines[last]!) || i === row) continue;
      let at = last;
      while (at > i * k && cosines[at - 1]! < value) {
        cosines[at] = cosines[at - 1]!;
        places[at] = places[at - 1]!;
        at--;
      }
      cosines[at] = value;
      places[at] = place;
    }
    onProgress((place + 1) / sample.length);
  });
  return { k, places, cosines };
}
