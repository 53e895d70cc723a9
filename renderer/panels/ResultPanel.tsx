/** What the picture says in figures, how its values are spread, and the recipe to repeat it. */
import { useMemo } from "react";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { histogram } from "../compute/similarity.ts";
import type { CosineMap } from "../store/feature-state.ts";
import { chosenRange, fittedRange, type Ends } from "../store/colour-scale.ts";
import type { Look } from "../store/look.ts";
import { isLinked } from "../store/seen.ts";
import { answerOf, isGramShown, isHovered, photographOf, shownMapOf } from "../store/selectors.ts";
import { CopyButton } from "./CopyButton.tsx";
import { CopyPython } from "./CopyPython.tsx";
import { cosineNumbers, cosineRecipe, type Line } from "./cosine-lines.ts";
import { Facts } from "./fields.tsx";
import { formatEnd, formatMs, formatValue } from "./numbers.ts";
import { RangeEnds, useDomain } from "./RangeEnds.tsx";
import { paneTitle } from "./panes/pane-title.ts";
import { useLook, useLookStore } from "./store-context.ts";
import { useSettledLook } from "./use-settled.ts";
import { Words } from "./learn/Words.tsx";

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

const bins = 60;

function Spread({ cosine }: { cosine: CosineMap | undefined }) {
  const hovered = useLook(isHovered);
  const map = useLook((state) => shownMapOf(state, "main"));
  // From the map at rest: a panel that follows a moving pointer would cost its map the time to paint.
  const hull = useLook((state) => fittedRange(hovered ? { ...state, cosine } : state)?.join());
  const fitted = hull?.split(",").map(Number) as [number, number] | undefined;
  const [fittedLow, fittedHigh] = fitted ?? [0, 1];
  const low = useLook((state) => chosenRange(state, [fittedLow, fittedHigh])[0]);
  const high = useLook((state) => chosenRange(state, [fittedLow, fittedHigh])[1]);
  const { domain, hold } = useDomain([low, high], [fittedLow, fittedHigh]);
  const [from, to] = domain;
  const values = hovered
    ? cosine?.over.main?.values
    : map?.kind === "scalar"
      ? float32Values(map.values)
      : undefined;
  const path = useMemo(() => values && barsOf(values, [from, to]), [values, from, to]);
  if (!values) return null;
  const unit = hovered ? "cosine" : (map?.unit ?? "");
  return (
    <section aria-label="Spread of values">
      <h2>
        Spread
        <span className="num">
          {formatEnd(low)} … {formatEnd(high)}
        </span>
      </h2>
      <div className="spread" {...hold}>
        <svg viewBox={`0 0 ${bins * 4} 52`} preserveAspectRatio="none" aria-hidden="true">
          <path d={path} />
        </svg>
        <RangeEnds range={[low, high]} domain={domain} unit={unit} />
      </div>
    </section>
  );
}

function barsOf(values: Float32Array, domain: Ends): string {
  const counts = histogram(values, domain, bins);
  const most = Math.max(...counts, 1);
  return counts
    .map((count, i) => `M${i * 4} 52v${-Math.round((count / most) * 50)}h3.2V52z`)
    .join("");
}

function CosineResult({ cosine }: { cosine: CosineMap | undefined }) {
  const gram = useLook((state) => (isGramShown(state) ? state.answers.gram : undefined));
  const features = useLook((state) => state.features.main);
  const model = useLook((state) => state.model);
  const exclude = useLook((state) => state.view.exclude);
  const store = useLookStore();
  const photograph = useLook((state) => photographOf(state, "main")?.name ?? "");
  if (!cosine?.over.main || !features) return null;
  const numbers = cosineNumbers(cosine, exclude, othersOf(store.getState(), cosine));
  const recipe = cosineRecipe(cosine, features, model, photograph);
  return (
    <>
      {gram && <Numbers lines={answerNumbers(gram)} title="Numbers of the matrix" />}
      <Numbers lines={numbers} title={gram ? "Cosine map of the row" : "Numbers"} />
      {gram && <Recipe lines={gram.result.recipe} title="Recipe of the matrix" />}
      <Recipe lines={recipe} title={gram ? "Recipe of the map" : "Recipe"} isOfStage />
    </>
  );
}

/** Panes that show the cosines of the main one's query. */
function othersOf(state: Look, { over }: CosineMap) {
  return state.panes.flatMap(({ id }) => {
    const map = isLinked(state, id, "query") ? over[id] : undefined;
    return map ? [{ title: paneTitle(state, id), over: map }] : [];
  });
}

function AnswerResult() {
  const answer = useLook((state) => answerOf(state, "main"));
  if (!answer) return null;
  return (
    <>
      <Numbers lines={answerNumbers(answer)} />
      <Recipe lines={answer.result.recipe} title="Recipe" isOfStage />
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
      <h2>
        <Words>{title}</Words>
      </h2>
      <Facts
        facts={lines.map(({ label, text }) => ({
          label,
          text: (
            <span className="num">
              <Words>{text}</Words>
            </span>
          ),
        }))}
      />
    </section>
  );
}

/** Labels of a recipe that are other words elsewhere. */
const labelMeans = { Norm: "final norm" } as const;

function Recipe(props: {
  lines: readonly Line[];
  title: string;
  /** Whether it is of the map on the stage, which can be had as a program. */
  isOfStage?: boolean;
}) {
  const { lines, title, isOfStage = false } = props;
  return (
    <section aria-label={title}>
      <h2>
        <Words>{title}</Words>
        {/* Browsers give no clipboard to pages that came over plain HTTP from another machine. */}
        {window.isSecureContext && (
          <span className="joined">
            <CopyButton
              label="Copy"
              title="Copy these lines"
              text={() => lines.map(({ label, text }) => `${label}: ${text}`).join("\n")}
              instead="Select the lines and copy them by hand."
            />
            {isOfStage && <CopyPython />}
          </span>
        )}
      </h2>
      <Facts facts={lines.map((line) => ({ ...line, means: labelMeans }))} isProse />
    </section>
  );
}
