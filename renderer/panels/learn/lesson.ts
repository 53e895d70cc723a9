/** What a lesson is: cards beside the program, each with something to do there. */
import type { Page } from "../../store/layout-state.ts";
import type { Look } from "../../store/look.ts";
import type { Formula } from "./formula.ts";

export interface Card {
  readonly title: string;
  /** Where it happens; opened with the card. */
  readonly page: Exclude<Page, "learn">;
  /** Paragraphs; words of the glossary in brackets, as in prose.ts. */
  readonly text: readonly string[];
  readonly formula?: Formula;
  /** Whether the weight of the Gram loss can be dragged on the card. */
  readonly hasGramWeight?: boolean;
  /** What a person does to tick the card. */
  readonly task: string;
  readonly show: { readonly label: string; readonly act: Act };
  /** It takes more than a moment: a run, an export. */
  readonly isSlow?: boolean;
  /** Whether the task is done, by hand or by `show`. */
  readonly isDone: (state: Look) => boolean;
}

/** @param now what the state is by then: `state` stays as it was when the button was pressed */
export type Act = (state: Look, now: () => Look) => void | Promise<void>;

export interface Lesson {
  readonly cards: readonly Card[];
}
