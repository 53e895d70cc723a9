/** Formulas as data: MathML elements, of which some light what they speak of. */
import type { LightName } from "./lights.ts";

export type MathNode =
  | { readonly tag: "mi" | "mo" | "mn" | "mtext"; readonly text: string }
  | {
      readonly tag: "mrow" | "msub" | "msup" | "msubsup" | "mfrac" | "msqrt" | "munder";
      readonly children: readonly MathNode[];
      readonly lit?: Lit;
    };

export interface Lit {
  readonly light: LightName;
  /** What this part is, in words; shown while it is lit. */
  readonly says: string;
}

export interface Formula {
  /** Read aloud in place of the signs. */
  readonly words: string;
  readonly parts: readonly MathNode[];
}

export const mi = (text: string): MathNode => ({ tag: "mi", text });
export const mo = (text: string): MathNode => ({ tag: "mo", text });
export const mn = (text: string): MathNode => ({ tag: "mn", text });
export const row = (...children: MathNode[]): MathNode => ({ tag: "mrow", children });
export const sub = (base: MathNode, index: MathNode): MathNode => ({
  tag: "msub",
  children: [base, index],
});
export const sup = (base: MathNode, power: MathNode): MathNode => ({
  tag: "msup",
  children: [base, power],
});
export const frac = (over: MathNode, under: MathNode): MathNode => ({
  tag: "mfrac",
  children: [over, under],
});
export const under = (base: MathNode, below: MathNode): MathNode => ({
  tag: "munder",
  children: [base, below],
});
/** The length of a vector. */
export const length = (inside: MathNode): MathNode => row(mo("‖"), inside, mo("‖"));
/** A part that lights what it speaks of. */
export const lit = (light: LightName, says: string, ...children: MathNode[]): MathNode => ({
  tag: "mrow",
  children,
  lit: { light, says },
});

/** Every part that lights something. */
export function litParts(nodes: readonly MathNode[]): Lit[] {
  return nodes.flatMap((node) =>
    "children" in node ? [...(node.lit ? [node.lit] : []), ...litParts(node.children)] : [],
  );
}
