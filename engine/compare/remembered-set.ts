/** A labelled set whose items are made once: scenes are drawn for the first model and kept for the next. */
import type { Items, LabelledSet, Task } from "../labels/labelled.ts";

/** All items stay in memory: for sets of some hundred small pictures. */
export function rememberItems<T extends Task>(set: LabelledSet<T>): LabelledSet<T> {
  if ("splits" in set) {
    const { train, test } = set.splits;
    const splits = { train: remember<unknown>(train), test: remember<unknown>(test) };
    return Object.assign({}, set, { splits });
  }
  return Object.assign({}, set, { items: remember<unknown>(set.items) });
}

function remember<Item>({ count, load }: Items<Item>): Items<Item> {
  const known = new Map<number, Promise<Item>>();
  return {
    count,
    load: (index) => {
      const found = known.get(index) ?? load(index);
      known.set(index, found);
      // A cancelled or failed item is tried again.
      found.catch(() => known.delete(index));
      return found;
    },
  };
}
