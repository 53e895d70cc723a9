/** A combination of keys as it stands on the keyboard. */
import { isMac, keyCaps } from "./action.ts";

export function KeyCaps({ combination }: { combination: string }) {
  return (
    <span className="key-caps">
      {keyCaps(combination, isMac()).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
