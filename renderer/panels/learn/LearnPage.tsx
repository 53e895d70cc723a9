/** The lessons, how far each was taken, and the glossary. */
import { useEffect, useRef, useState } from "react";
import { lessonNames, type LessonName } from "../../store/learn-state.ts";
import { termNames } from "../../store/term-names.ts";
import { useLook, useLookStore } from "../store-context.ts";
import { glossary } from "./glossary.ts";
import { lessonList } from "./lesson-list.ts";

export function LearnPage() {
  return (
    <main className="middle learn-page" aria-label="Learn">
      <section aria-label="Lessons">
        <h2>Lessons</h2>
        <p className="note">
          A few cards each, beside the program itself. What a card says is done there, with the
          model in the box or one of yours. Leave at any card; it is kept.
        </p>
        <ol className="lessons">
          {lessonNames.map((name) => (
            <LessonLine key={name} name={name} />
          ))}
        </ol>
      </section>
      <Glossary />
    </main>
  );
}

function LessonLine({ name }: { name: LessonName }) {
  const { title, about, minutes, cards, load } = lessonList[name];
  const progress = useLook((state) => state.progress[name]);
  const isOpen = useLook((state) => state.lesson === name);
  const { openLesson, setPage } = useLookStore().getState();
  const done = progress?.done.length ?? 0;
  const isBegun = progress !== undefined && (progress.card > 0 || done > 0);
  const isAtEnd = progress?.card === cards - 1 && done >= cards;
  const word = isAtEnd ? "Again" : isBegun ? "Go on" : "Begin";
  const open = async () => {
    const lesson = await load();
    const card = isAtEnd ? 0 : Math.min(progress?.card ?? 0, cards - 1);
    openLesson(name, card);
    setPage(lesson.cards[card]!.page);
  };
  return (
    <li>
      <div>
        <b>{title}</b>
        <p className="note">{about}</p>
        <p className="num faint">
          {minutes} min · {done} of {cards} done
          {isBegun && !isAtEnd && ` · at card ${progress.card + 1}`}
        </p>
      </div>
      <button
        className={isOpen ? "" : "primary"}
        aria-label={`${word}: ${title}`}
        onClick={() => void open()}
      >
        {word}
      </button>
    </li>
  );
}

function Glossary() {
  const asked = useLook((state) => state.glossaryTerm);
  const [wanted, setWanted] = useState("");
  const list = useRef<HTMLDListElement>(null);
  useEffect(() => {
    if (!asked) return;
    const entry = list.current?.querySelector<HTMLElement>(`[data-term="${CSS.escape(asked)}"]`);
    entry?.scrollIntoView({ block: "center" });
    entry?.focus({ preventScroll: true });
  }, [asked]);
  const text = wanted.trim().toLowerCase();
  const shown = termNames
    .filter((name) => `${name} ${glossary[name].text}`.toLowerCase().includes(text))
    .toSorted((a, b) => a.localeCompare(b, "en", { sensitivity: "base" }));
  return (
    <section aria-label="Glossary">
      <h2>Glossary</h2>
      <input
        type="search"
        aria-label="Search the glossary"
        placeholder="Search"
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      <dl className="glossary" ref={list}>
        {shown.map((name) => (
          <div key={name} data-term={name} tabIndex={-1}>
            <dt>{name}</dt>
            <dd>
              {glossary[name].text} <span className="faint">{glossary[name].source}</span>
            </dd>
          </div>
        ))}
      </dl>
      {shown.length === 0 && <p className="note">No entry has these words.</p>}
    </section>
  );
}
