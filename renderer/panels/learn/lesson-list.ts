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
  training: {
    title: "Self-distillation, step by step",
    about: "Crops, teacher, Sinkhorn and EMA, with training steps that you take by hand.",
    minutes: 8,
    cards: 6,
    load: async () => (await import("./lessons/training.ts")).lesson,
  },
  fading: {
    title: "Why dense features fade",
    about: "What long training of large models does to patches, and how to look for it.",
    minutes: 5,
    cards: 4,
    load: async () => (await import("./lessons/fading.ts")).lesson,
  },
  gram: {
    title: "Gram anchoring",
    about: "Hold on to which patches belong together: drag the weight of the loss and watch.",
    minutes: 8,
    cards: 5,
    load: async () => (await import("./lessons/gram.ts")).lesson,
  },
  shipping: {
    title: "Distillation and export",
    about: "A small student of a large teacher, and a file with proof that it is the same.",
    minutes: 6,
    cards: 4,
    load: async () => (await import("./lessons/shipping.ts")).lesson,
  },
};
