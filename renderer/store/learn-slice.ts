/** Lessons: opens and closes them, turns their cards, and reads how far they were taken. */
import type { Slice } from "./look.ts";
import { lessonNames, type LearnState, type LessonProgress } from "./learn-state.ts";

/** More cards than any lesson has: what is kept may be spoilt. */
const mostCards = 40;

const untouched: LessonProgress = { card: 0, done: [] };

export const learnSlice: Slice<LearnState> = (set, get) => {
  const change = (edit: (progress: LessonProgress) => Partial<LessonProgress>) => {
    const { lesson, progress } = get();
    if (!lesson) return;
    const now = progress[lesson] ?? untouched;
    set({ progress: { ...progress, [lesson]: { ...now, ...edit(now) } } });
  };
  return {
    lesson: undefined,
    progress: {},
    terms: undefined,
    glossaryTerm: undefined,
    openLesson(name, card) {
      set({ lesson: name });
      change((now) => ({ card: card ?? now.card }));
    },
    closeLesson() {
      if (!get().lesson) return false;
      set({ lesson: undefined });
      return true;
    },
    goToCard(card) {
      change(() => ({ card }));
    },
    tick(card) {
      change(({ done }) => ({ done: done.includes(card) ? done : [...done, card] }));
    },
    openTerms(terms) {
      set({ terms });
    },
    openGlossary(name) {
      set({ terms: undefined, glossaryTerm: name, page: "learn" });
    },
  };
};

/** @param text what was kept; spoilt or from another version, its readable parts count */
export function readProgress(text: string | null): LearnState["progress"] {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof kept !== "object" || kept === null) return {};
  const given = kept as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    lessonNames.flatMap((name) => {
      const one = given[name];
      if (typeof one !== "object" || one === null) return [];
      const { card, done } = one as Readonly<Record<string, unknown>>;
      const ticked = Array.isArray(done) ? done.filter(isCard) : [];
      return [[name, { card: isCard(card) ? card : 0, done: [...new Set(ticked)] }]];
    }),
  );
}

const isCard = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < mostCards;
