/** A formula as MathML, whose parts light what they speak of while the pointer or the focus is on them. */
import { createElement, useEffect, useState, type ReactNode } from "react";
import { litParts, type Formula, type Lit, type MathNode } from "./formula.ts";
import { shine } from "./lights.ts";

export function FormulaView({ formula }: { formula: Formula }) {
  const [now, setNow] = useState<Lit>();
  useEffect(() => {
    shine(now?.light);
    return () => shine(undefined);
  }, [now]);
  const hasParts = litParts(formula.parts).length > 0;
  return (
    <figure className="formula" role="group" aria-label={formula.words}>
      {createElement(
        "math",
        { display: "block" },
        formula.parts.map((node, i) => draw(node, i, setNow)),
      )}
      <figcaption aria-live="polite">
        {now?.says ?? (hasParts ? "Point at a part, or Tab to it: it lights what it means." : "")}
      </figcaption>
    </figure>
  );
}

function draw(node: MathNode, key: number, setNow: (lit: Lit | undefined) => void): ReactNode {
  if (!("children" in node)) return createElement(node.tag, { key }, node.text);
  const children = node.children.map((child, i) => draw(child, i, setNow));
  const { lit } = node;
  if (!lit) return createElement(node.tag, { key }, children);
  const [on, off] = [() => setNow(lit), () => setNow(undefined)];
  return createElement(
    node.tag,
    {
      key,
      className: "lit-part",
      tabIndex: 0,
      "aria-label": lit.says,
      "data-lights": lit.light,
      onPointerEnter: on,
      onPointerLeave: off,
      onFocus: on,
      onBlur: off,
    },
    children,
  );
}
