/** What a word means, beside it, with the way to its entry in the glossary. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { OpenTerms } from "../../store/learn-state.ts";
import { useLook } from "../store-context.ts";
import { glossary } from "./glossary.ts";

/** Pixels between the word and its text, and from there to the edge of the window. */
const gap = 6;

export function TermPopover() {
  const terms = useLook((state) => state.terms);
  return terms && <Box key={terms.names.join()} terms={terms} />;
}

function Box({ terms }: { terms: OpenTerms }) {
  const openTerms = useLook((state) => state.openTerms);
  const openGlossary = useLook((state) => state.openGlossary);
  const box = useRef<HTMLDivElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  // What is open over the page keeps everything else from being reached, or closes with it.
  const [host] = useState(openOver);
  useEffect(() => {
    const element = box.current!;
    element.showPopover();
    more.current?.focus();
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") openTerms(undefined);
    };
    element.addEventListener("toggle", onToggle);
    return () => element.removeEventListener("toggle", onToggle);
  }, [openTerms]);
  useLayoutEffect(() => {
    const element = box.current!;
    const put = () => {
      const { offsetWidth: width, offsetHeight: height } = element;
      const below = terms.bottom + gap;
      const lowest = innerHeight - height - gap;
      const top = below < lowest ? below : Math.min(terms.top - gap - height, lowest);
      setPlace({
        left: Math.max(gap, Math.min(terms.x, innerWidth - width - gap)),
        top: Math.max(gap, top),
      });
    };
    const frame = requestAnimationFrame(put);
    // In a window that is made smaller it stays in sight.
    window.addEventListener("resize", put);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("resize", put);
    };
  }, [terms]);
  const { names } = terms;
  return createPortal(
    <div
      ref={box}
      className="term-box"
      popover="auto"
      role="dialog"
      aria-label={names.join(", ")}
      style={place}
      onKeyDown={(event) => {
        // The page has keys of its own; these belong to the box.
        event.stopPropagation();
      }}
    >
      {names.map((name, i) => (
        <div key={name}>
          <b>{name}</b>
          <p>{glossary[name].text}</p>
          <button
            ref={i === 0 ? more : undefined}
            onClick={() => {
              if (host instanceof HTMLDialogElement) host.close();
              openGlossary(name);
            }}
          >
            {names.length === 1 ? "More in the glossary" : `More on ${name}`}
          </button>
        </div>
      ))}
    </div>,
    host,
  );
}

const openOver = (): Element =>
  [...document.querySelectorAll("dialog:modal, :popover-open")].at(-1) ?? document.body;
