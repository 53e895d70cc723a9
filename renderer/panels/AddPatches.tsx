/** A switch by which taps, boxes and lassos add to the held patches: what Ctrl does, for hands without a keyboard. */
import { Icon } from "./Icon.tsx";
import { useLook } from "./store-context.ts";

/** @param hasWord where there may be room for it */
export function AddPatches({ hasWord = false }: { hasWord?: boolean }) {
  const isAdding = useLook((state) => state.isAdding);
  const setAdding = useLook((state) => state.setAdding);
  return (
    <button
      className="add-patches"
      aria-label="Add patches"
      aria-pressed={isAdding}
      title="Add patches: a tap or a click adds to what is held, or takes away, and so do boxes and lassos (as with Ctrl)"
      onClick={() => setAdding(!isAdding)}
    >
      <Icon name="addPatches" />
      {hasWord && <span>Add patches</span>}
    </button>
  );
}
