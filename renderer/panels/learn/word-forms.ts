/** How the glossary's words are written on the page, and where they stand in a text. */
import { termNames, type TermName } from "../../store/term-names.ts";

/**
 * Beside the word itself. A word that is also an everyday one (layer, map, step) is not here: where it
 * is meant, the label says so (`means` of fields.tsx).
 */
const otherForms: Readonly<Partial<Record<TermName, readonly string[]>>> = {
  "patch token": ["patch", "patches"],
  "CLS token": ["CLS", "CLS feature"],
  "query patch": ["query", "query patches", "query token"],
  "cosine similarity": ["cosine", "similarity", "similarities"],
  "Gram matrix": ["Gram matrices", "Gram"],
  basis: ["bases"],
  "norm outlier": ["outlier", "artefact"],
  "final norm": ["final LayerNorm"],
  "dense features": ["dense feature"],
  EMA: ["EMA teacher"],
  "DINO loss": ["DINO"],
  distillation: ["distilled"],
  "k-NN": ["nearest neighbours"],
  correspondence: ["corresponding", "correspond"],
  quantisation: ["quantised"],
  features: ["feature"],
  parameters: ["parameter"],
  "feed-forward": ["MLP", "SwiGLU", "GELU"],
  "principal component": ["component"],
  whitening: ["whitened"],
  mask: ["masked"],
  augmentation: ["jitter", "blur", "solarisation"],
  schedule: ["cosine down", "cosine up", "cosine to the end", "cosine from the start"],
  "warm-up": ["warmup"],
  classification: ["top-1"],
  roughness: ["map roughness"],
  "cross-entropy": ["nats"],
  "depth errors": [
    ...["RMSE", "MAE", "abs rel", "sq rel", "RMSE log", "log10", "silog"],
    ...["delta1", "delta2", "delta3"],
  ],
  "depth estimation": ["linear depth", "depth map"],
  precision: ["fp32", "fp16", "bf16", "float32", "float16"],
  int8: ["int8-static", "int4"],
  calibration: ["calibrate"],
};

export interface Found {
  readonly name: TermName;
  /** As it is written there. */
  readonly text: string;
}

const nameOf = new Map<string, TermName>();
for (const name of termNames) {
  for (const form of [name, ...(otherForms[name] ?? [])]) nameOf.set(form.toLowerCase(), name);
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** Longer forms first: "Gram teacher" is no teacher of another kind. */
const forms = [...nameOf.keys()].toSorted((a, b) => b.length - a.length).map(escaped);
const word = new RegExp(
  `(?<![\\p{L}\\p{N}_/\\\\.-])(?:${forms.join("|")})(?:s|es)?(?![\\p{L}\\p{N}_/\\\\]|\\.\\p{L})`,
  "giu",
);

const known = new Map<string, readonly (string | Found)[]>();
/** Texts of the page are few; those with numbers in them are not kept for ever. */
const mostKnown = 2000;

/** A text in pieces, words of the glossary apart. */
export function wordsIn(text: string): readonly (string | Found)[] {
  const before = known.get(text);
  if (before) return before;
  const pieces: (string | Found)[] = [];
  let end = 0;
  for (const match of text.matchAll(word)) {
    const [written] = match;
    const name = termOf(written);
    if (!name) continue;
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push({ name, text: written });
    end = match.index + written.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  if (known.size >= mostKnown) known.clear();
  known.set(text, pieces);
  return pieces;
}

/** The words of a text, each once. */
export function termsIn(text: string): TermName[] {
  const found = wordsIn(text).flatMap((piece) => (typeof piece === "string" ? [] : [piece.name]));
  return [...new Set(found)];
}

const termOf = (written: string): TermName | undefined => {
  const small = written.toLowerCase();
  return (
    nameOf.get(small) ?? nameOf.get(small.replace(/s$/, "")) ?? nameOf.get(small.replace(/es$/, ""))
  );
};
