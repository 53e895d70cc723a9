/** What a person chooses of a figure, as the engine is asked for it. */
import {
  figureParts,
  figureRange,
  type FigureFormat,
  type FigureLookInput,
  type FigurePart,
  type Ground,
} from "../../../engine/protocol/figure.ts";
import type { WholeNumber } from "../../store/measure-numbers.ts";

/** The last two are clips. */
export type SavedKind = FigureFormat | "webp" | "mp4";

export interface FigureForm {
  readonly kind: SavedKind;
  readonly widthMm: number;
  readonly dpi: number;
  readonly ground: Ground;
  readonly title: string;
  /** Empty: the settings in words. */
  readonly caption: string;
  readonly parts: readonly FigurePart[];
  /** Of a clip: milliseconds a step. */
  readonly frameMs: number;
}

export const firstForm: FigureForm = {
  kind: "png",
  widthMm: 180,
  dpi: 300,
  ground: "light",
  title: "",
  caption: "",
  parts: figureParts.filter((part) => part !== "scale"),
  frameMs: 200,
};

export const partLabels: Readonly<Record<FigurePart, string>> = {
  title: "Title",
  names: "Names",
  marks: "Marks",
  keys: "Colour bars",
  scale: "Scale bar",
  caption: "Caption",
};

/** What a chart has of them. */
export const chartParts: readonly FigurePart[] = ["title", "names", "keys", "caption"];

export const numbers = {
  widthMm: { title: "Width", min: figureRange.widthMm[0], max: figureRange.widthMm[1] },
  dpi: { title: "Resolution", min: figureRange.dpi[0], max: figureRange.dpi[1] },
  frameMs: { title: "A step takes", min: 20, max: 10_000 },
} as const satisfies Record<string, WholeNumber>;

export function toggledPart(parts: readonly FigurePart[], part: FigurePart): FigurePart[] {
  return figureParts.filter((one) => parts.includes(one) !== (one === part));
}

/** @param dpi in place of the form's, for a preview */
export function lookOfForm(form: FigureForm, dpi = form.dpi): FigureLookInput {
  const { widthMm, ground, title, caption, parts } = form;
  return { widthMm, dpi, ground, title, caption, parts: [...parts] };
}

/** A name that sorts beside its photograph. */
export function figureName(subject: string, what: string, kind: SavedKind): string {
  const stem = `${subject.replace(/\.[^.]+$/, "")} ${what}`;
  const safe = stem.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${safe === "" ? "figure" : safe}.${kind}`;
}
