/** The words of the page in plain sentences, each with where it comes from. */
import type { TermName } from "../../store/term-names.ts";
import type { Entry } from "./entry.ts";
import { featureWords } from "./glossary-features.ts";
import { measuringWords } from "./glossary-measuring.ts";
import { trainingWords } from "./glossary-training.ts";

export const glossary: Readonly<Record<TermName, Entry>> = {
  ...featureWords,
  ...trainingWords,
  ...measuringWords,
};
