/** What the glossary says of a word. */
import type { TermName } from "../../store/term-names.ts";

export interface Entry {
  readonly text: string;
  /** Where it comes from. */
  readonly source: string;
}

export type Words = Readonly<Partial<Record<TermName, Entry>>>;
