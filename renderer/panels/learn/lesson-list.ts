/** The lessons in their order, and how each is fetched when it is opened. */
import type { LessonName } from "../../store/learn-state.ts";
import type { Lesson } from "./lesson.ts";

export interface LessonAbout {
  readonly title: string;
  readonly about: string;
  readonly minutes: number;
  readonly cards: number;
  readonly load: () => Promise<Lesson>;
}

export const lessonList: Readonly<Record<LessonName, LessonAbout>> = {
  tokens: {
    title: "What a patch token is",
    about: "How a network sees a photograph: squares, lists of numbers, layers.",
    minutes: 5,
    cards: 6,
    load: async () => (await import("./lessons/tokens.ts")).lesson,
  },
  cosine: {
    title: "Cosine maps, and what similarity means",
    about: "Ask from one patch where else the picture is like it, and read the answer.",
    minutes: 6,
    cards: 6,
    load: async () => (await import("./lessons/cosine.ts")).lesson,
  },
};
