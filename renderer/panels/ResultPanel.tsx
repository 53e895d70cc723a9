/** What the picture says in figures, how its values are spread, and the recipe to repeat it. */
import { useState } from "react";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { histogram } from "../compute/similarity.ts";
import type { CosineMap } from "../store/feature-slice.ts";
import { isHovered, photographOf } from "../store/selectors.ts";
import { Facts } from "./fields.tsx";
import { cosineNumbers, cosineRecipe, type Line } from "./cosine-lines.ts";
import { formatEnd, formatMs, formatValue } from "./numbers.ts";
import { cosineRange } from "./pane-picture.ts";
import { useLook } from "./store-context.ts";
import { useSettledLook } from "./use-settled.ts";

export function ResultPanel() {
  const hovered = useLook(isHovered);
  const cosine = useSettledLook("cosine");
  return (
    <>
      <Spread cosine={cosine} />
      {hovered ? <CosineResult cosine={cosine} /> : <AnswerResult />}
    </>
  );
}

const bins = 45;

function Spread({ cosine }: { cosine: CosineMap | undefined }) {
  const hovered = useLook(isHovered);
  const rangeKind = useLook((state) => state.view.range);
  const map = useLook((state) => state.answer?.result.maps[state.shownMap]);
  let values: Float32Array | undefined;
  let range: readonly [number, number] = [0, 1];
  if (hovered && cosine) {
    values = cosine.main.values;
    range = cosineRange(cosine, rangeKind);
  } else if (!hovered && map?.kind === "scalar") {
    values = float32Values(map.values);
    range = map.range;
  }
  if (!values) return null;
  const counts = histogram(values, range, bins);
  const most = Math.max(...counts, 1);
  const path = counts
    .map((count, i) => `M${i * 6} 52v${-Math.round((count / most) * 50)}h5V52z`)
    .join("");
  return (
    <section aria-label="Spread of values">
      <h3>
        Spread
        <span className="num">
          {formatEnd(range[0])} … {formatEnd(range[1])}
        </span>
      </h3>
      <svg className="spread" viewBox={`0 0 ${bins * 6 - 1} 52`} preserveAspectRatio="none">
        <path d={path} />
      </svg>
    </section>
  );
}

function CosineResult({ cosine }: { cosine: CosineMap | undefined }) {
  const gram = useLook((state) =>
    state.view.probe === "gram" && state.answer?.call.probe === "gram" ? state.answer : undefined,
  );
  const features = useLook((state) => state.features);
  const model = useLook((state) => state.model);
  const photograph = useLook((state) => photographOf(state, "main")?.name ?? "");
  if (!cosine || !features) return null;
  const numbers = cosineNumbers(cosine);
  const recipe = cosineRecipe(cosine.query, features, model, photograph);
  return (
    <>
      {gram && <Numbers lines={answerNumbers(gram)} />}
      <Numbers lines={numbers} title={gram ? "Cosine map of the row" : "Numbers"} />
      {gram && <Recipe lines={gram.result.recipe} title="Recipe of the matrix" />}
      <Recipe lines={recipe} title={gram ? "Recipe of the map" : "Recipe"} />
    </>
  );
}

function AnswerResult() {
  const answer = useLook((state) =>
    state.answer?.call.probe === state.view.probe ? state.answer : undefined,
  );
  if (!answer) return null;
  return (
    <>
      <Numbers lines={answerNumbers(answer)} />
      <Recipe lines={answer.result.recipe} title="Recipe" />
    </>
  );
}

function answerNumbers(answer: {
  result: { numbers: readonly { label: string; value: number; unit: string }[] };
  elapsedMs: number;
}): Line[] {
  return [
    ...answer.result.numbers.map(({ label, value, unit }) => ({
      label,
      text: `${formatValue(value)} ${unit}`.trim(),
    })),
    { label: "engine took", text: formatMs(answer.elapsedMs) },
  ];
}

function Numbers({ lines, title = "Numbers" }: { lines: readonly Line[]; title?: string }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <Facts
        facts={lines.map(({ label, text }) => ({
          label,
          text: <span className="num">{text}</span>,
        }))}
      />
    </section>
  );
}

function Recipe({ lines, title }: { lines: readonly Line[]; title: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(
      lines.map(({ label, text }) => `${label}: ${text}`).join("\n"),
    );
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section aria-label={title}>
      <h3>
        {title}
        {/* Browsers give no clipboard to pages that came over plain HTTP from another machine. */}
        {window.isSecureContext && (
          <button title="Copy these lines" onClick={() => void copy().catch(() => {})}>
            {isCopied ? "Copied" : "Copy"}
          </button>
        )}
      </h3>
      <Facts facts={lines} isProse />
    </section>
  );
}
