/** The page's one polite live region: there from the start, since a region that comes with its words is not read out. */
import { useEffect, useState } from "react";
import { Spoken, longMs } from "./spoken.ts";
import { useLookStore } from "./store-context.ts";

export function Announcer() {
  const store = useLookStore();
  const [words, setWords] = useState("");
  useEffect(() => {
    const spoken = new Spoken();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const speak = () => {
      const said = spoken.next(store.getState(), Date.now());
      if (said.length > 0) setWords(said.join(". "));
    };
    const follow = () => {
      speak();
      clearTimeout(timer);
      // Work that says nothing of itself becomes long all the same.
      if (store.getState().activities.length > 0) timer = setTimeout(speak, longMs);
    };
    follow();
    // A hover changes the state hundreds of times a second, and nothing that is said.
    const stop = store.subscribe((now, before) => {
      const isSame =
        now.activities === before.activities &&
        now.notices === before.notices &&
        now.status === before.status;
      if (!isSame) follow();
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return (
    <div className="unseen" aria-live="polite" aria-atomic="true">
      {words}
    </div>
  );
}
