/** What a word means, beside it, with the way to its entry in the glossary. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useLook } from "../store-context.ts";
import { glossary } from "./glossary.ts";

/** Pixels between the word and its text, and from there to the edge of the window. */
const gap = 6;

export function TermPopover() {
  const term = useLook((state) => state.term);
  const openTerm = useLook((state) => state.openTerm);
  const openGlossary = useLook((state) => state.openGlossary);
  const box = useRef<HTMLDivElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useEffect(() => {
    const element = box.current;
    if (!term || !element) return;
    element.showPopover();
    more.current?.focus();
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") openTerm(undefined);
    };
    element.addEventListener("toggle", onToggle);
    return () => element.removeEventListener("toggle", onToggle);
  }, [term, openTerm]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!term || !element) return;
    const frame = requestAnimationFrame(() => {
      const { offsetWidth: width, offsetHeight: height } = element;
      const below = term.bottom + gap;
      const fits = below + height < innerHeight - gap;
      setPlace({
        left: Math.max(gap, Math.min(term.x, innerWidth - width - gap)),
        top: fits ? below : Math.max(gap, term.top - gap - height),
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [term]);
  if (!term) return null;
  const { name } = term;
  return (
    <div
      ref={box}
      key={name}
      className="term-box"
      popover="auto"
      role="dialog"
      aria-label={name}
      style={place}
      onKeyDown={(event) => {
        // The page has keys of its own; these belong to the box.
        event.stopPropagation();
      }}
    >
      <b>{name}</b>
      <p>{glossary[name].text}</p>
      <button ref={more} onClick={() => openGlossary(name)}>
        More in the glossary
      </button>
    </div>
  );
}
