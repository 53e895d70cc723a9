/** Lessons as the page knows them: which card is open, and how far each lesson was taken. */
import type { TermName } from "./term-names.ts";

/** In the order in which they are meant to be taken. */
export const lessonNames = ["tokens", "cosine", "training", "fading", "gram", "shipping"] as const;
export type LessonName = (typeof lessonNames)[number];

export interface LessonProgress {
  /** Counted from 0; where the lesson goes on. */
  readonly card: number;
  /** Cards whose task was done. */
  readonly done: readonly number[];
}

/** Words whose explanations are open, and where on the page they stand, in pixels. */
export interface OpenTerms {
  readonly names: readonly TermName[];
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LearnState {
  /** The lesson beside the program. */
  readonly lesson: LessonName | undefined;
  readonly progress: Readonly<Partial<Record<LessonName, LessonProgress>>>;
  readonly terms: OpenTerms | undefined;
  /** The glossary's entry that was last asked for. */
  readonly glossaryTerm: TermName | undefined;
  /** Go on where it was left, or at a card. */
  openLesson(name: LessonName, card?: number): void;
  /** @returns whether one was open */
  closeLesson(): boolean;
  goToCard(card: number): void;
  /** The task of a card of the open lesson is done. */
  tick(card: number): void;
  openTerms(terms: OpenTerms | undefined): void;
  /** Its entry, on the page with the lessons. */
  openGlossary(name: TermName): void;
}
