/** The colours and the size of text of the page's style sheets, as a canvas needs them; read again when they change. */
import { curveColours, curveDash } from "../../engine/protocol/curve-colours.ts";

/** The grey one, of what is neither good nor bad. */
export const greyCurve = 3;

export interface ChartColours {
  readonly curves: readonly string[];
  readonly ink: string;
  readonly faintInk: string;
  readonly line: string;
  readonly panel: string;
  readonly good: string;
  readonly warn: string;
  /** How large a person wants text, 0.8 to 2: lengths that make room for text go with it. */
  readonly textScale: number;
  /** Of numbers, as a canvas font. */
  readonly font: string;
}

/** @param host an element of the page that nothing but a chart is drawn in */
export function readColours(host: HTMLElement): ChartColours {
  // A custom property gives its text, `light-dark(...)`; only a real one gives the colour of now.
  const sample = host.ownerDocument.createElement("span");
  host.append(sample);
  const style = getComputedStyle(sample);
  const read = (name: string) => {
    sample.style.color = `var(${name})`;
    return style.color;
  };
  const textScale = Number(style.getPropertyValue("--text")) || 1;
  const colours: ChartColours = {
    curves: Array.from({ length: curveColours }, (_, i) => read(`--curve-${i}`)),
    ink: read("--ink"),
    faintInk: read("--ink-3"),
    line: read("--line"),
    panel: read("--panel"),
    good: read("--good"),
    warn: read("--warn"),
    textScale,
    font: `${11 * textScale}px ${style.getPropertyValue("--mono") || "monospace"}`,
  };
  sample.remove();
  return colours;
}

export const curveColour = (colours: ChartColours, index: number): string =>
  colours.curves[index % curveColours] ?? colours.ink;

/** @param colour as getComputedStyle gives it: rgb(...) or color(...) */
export const translucent = (colour: string) =>
  colour.startsWith("rgb(") ? colour.replace("rgb(", "rgba(").replace(")", ", 0.16)") : colour;

export const curveVariable = (index: number): string => `var(--curve-${index % curveColours})`;

/** The curve's colour with its dashes, as the background of a key. */
export function curveKey(index: number): string {
  const colour = curveVariable(index);
  const dash = curveDash(index);
  if (dash.length === 0) return colour;
  let at = 0;
  const stops = dash.map((length, i) => {
    const stop = `${i % 2 === 0 ? colour : "transparent"} ${at}px ${at + length}px`;
    at += length;
    return stop;
  });
  return `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
}

/** Another theme, or another size of text. @returns what ends it */
export function onStyleChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "style"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", changed);
  };
}
