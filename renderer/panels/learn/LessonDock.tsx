/** A lesson beside the program: one card at a time, what to do there, and the way on. */
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { LessonName } from "../../store/learn-state.ts";
import { useLook, useLookStore } from "../store-context.ts";
import { GramWeightSlider } from "../train/GramWeightSlider.tsx";
import { FormulaView } from "./FormulaView.tsx";
import type { Card, Lesson } from "./lesson.ts";
import { lessonList } from "./lesson-list.ts";
import { Prose } from "./Term.tsx";

export function LessonDock({ name }: { name: LessonName }) {
  const store = useLookStore();
  const { title } = lessonList[name];
  const lesson = useLoaded(name);
  const kept = useLook((state) => state.progress[name]?.card ?? 0);
  const close = useLook((state) => state.closeLesson);
  const heading = useRef<HTMLHeadingElement>(null);
  const count = lesson?.cards.length ?? 0;
  const index = Math.min(kept, Math.max(0, count - 1));
  const card = lesson?.cards[index];

  const turn = (to: number) => {
    if (to < 0 || to >= count) return;
    store.getState().goToCard(to);
    store.getState().setPage(lesson!.cards[to]!.page);
    heading.current?.focus();
  };
  const newest = useRef(turn);
  useEffect(() => {
    newest.current = turn;
  });
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const by = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
      const isElsewhere = event.target instanceof Element && event.target.closest(foreign) !== null;
      if (by === 0 || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      newest.current(store.getState().progress[name]!.card + by);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [store, name]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || store.getState().terms) return;
    event.stopPropagation();
    close();
  };
  return (
    <aside className="lesson" aria-label={`Lesson: ${title}`} onKeyDown={onKeyDown}>
      <header>
        <b>{title}</b>
        <button aria-label="Close the lesson" title="Close (Esc)" onClick={() => close()}>
          ×
        </button>
      </header>
      <p className="num faint lesson-place">{count > 0 && `Card ${index + 1} of ${count}`}</p>
      {card && (
        <article key={index}>
          <h2 ref={heading} tabIndex={-1}>
            {card.title}
          </h2>
          {card.text.map((text, i) => (
            <p key={i}>
              <Prose text={text} />
            </p>
          ))}
          {card.formula && <FormulaView formula={card.formula} />}
          {card.hasGramWeight && <GramWeightSlider />}
          <Task name={name} index={index} card={card} />
        </article>
      )}
      <footer>
        <button title="Back (Page Up)" disabled={index === 0} onClick={() => turn(index - 1)}>
          Back
        </button>
        {index < count - 1 || count === 0 ? (
          <button
            className="primary"
            title="Next (Page Down)"
            disabled={count === 0}
            onClick={() => turn(index + 1)}
          >
            Next
          </button>
        ) : (
          <button className="primary" onClick={() => store.getState().setPage("learn")}>
            All lessons
          </button>
        )}
      </footer>
    </aside>
  );
}

/** What has its own use for the keys that turn cards. */
const foreign = "dialog, input:not([type=radio], [type=checkbox]), textarea, select, .term-box";

function Task({ name, index, card }: { name: LessonName; index: number; card: Card }) {
  const store = useLookStore();
  const isDone = useLook(card.isDone);
  const wasDone = useLook((state) => state.progress[name]?.done.includes(index) ?? false);
  useEffect(() => {
    if (isDone && !wasDone) store.getState().tick(index);
  }, [store, isDone, wasDone, index]);
  return (
    <div className={wasDone ? "lesson-task done" : "lesson-task"}>
      <p role="status">
        <span className="tick" aria-hidden="true">
          {wasDone ? "✓" : "○"}
        </span>
        <span>
          <span className="unseen">{wasDone ? "Done: " : "To do: "}</span>
          {card.task}
        </span>
      </p>
      <button onClick={() => void card.show.act(store.getState(), store.getState)}>
        {card.show.label}
      </button>
    </div>
  );
}

function useLoaded(name: LessonName): Lesson | undefined {
  const [loaded, setLoaded] = useState<{ name: LessonName; lesson: Lesson }>();
  useEffect(() => {
    let isGone = false;
    void lessonList[name].load().then((lesson) => {
      if (!isGone) setLoaded({ name, lesson });
    });
    return () => {
      isGone = true;
    };
  }, [name]);
  return loaded?.name === name ? loaded.lesson : undefined;
}
