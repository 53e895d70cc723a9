/** The colours of the page's style sheets, as a canvas needs them; read again when the theme changes. */

/** How many colours charts.css has for curves; from there on they repeat, dashed. */
const curveColours = 10;

export interface ChartColours {
  readonly curves: readonly string[];
  readonly ink: string;
  readonly faintInk: string;
  readonly line: string;
  readonly panel: string;
  readonly good: string;
  readonly warn: string;
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
  const colours: ChartColours = {
    curves: Array.from({ length: curveColours }, (_, i) => read(`--curve-${i}`)),
    ink: read("--ink"),
    faintInk: read("--ink-3"),
    line: read("--line"),
    panel: read("--panel"),
    good: read("--good"),
    warn: read("--warn"),
    font: `11px ${style.getPropertyValue("--mono") || "monospace"}`,
  };
  sample.remove();
  return colours;
}

export const curveColour = (colours: ChartColours, index: number): string =>
  colours.curves[index % curveColours] ?? colours.ink;

/** Dashes tell curves apart whose colours are the same. */
export const curveDash = (index: number): number[] => (index < curveColours ? [] : [6, 3]);

/** @param colour as getComputedStyle gives it: rgb(...) or color(...) */
export const translucent = (colour: string) =>
  colour.startsWith("rgb(") ? colour.replace("rgb(", "rgba(").replace(")", ", 0.16)") : colour;

export const curveVariable = (index: number): string => `var(--curve-${index % curveColours})`;

/** @returns what ends it */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", changed);
  };
}
