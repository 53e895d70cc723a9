/** CLS and registers as cells of their own under the map, coloured by the map's scale. */
import { colormapTable, tableIndex } from "../../engine/protocol/colormap.ts";
import { shownRange } from "../store/colour-scale.ts";
import type { Look } from "../store/look.ts";
import { seenIn } from "../store/seen.ts";
import { answerOf, isHovered } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { formatValue } from "./numbers.ts";
import { useLook } from "./store-context.ts";
import { useRestedCosine } from "./use-settled.ts";
import { Mention, Words } from "./learn/Words.tsx";

interface Cell {
  readonly name: string;
  readonly value: number;
  readonly outlier: boolean;
}

export function TokenCells({ pane }: { pane: Pane }) {
  const hovered = useLook((state) => isHovered(seenIn(state, pane)));
  const rested = useRestedCosine();
  const answer = useLook((state) => answerOf(state, pane));
  const unit = hovered ? "cosine" : (answer?.result.maps[0]?.unit ?? "");
  const cells = hovered ? cosineCells(rested?.over[pane]?.tokens) : (answer?.result.tokens ?? []);
  const count = useLook((state) => (hovered ? countOf(state, pane) : cells.length));
  const colormap = useLook((state) => seenIn(state, pane).view.colormap);
  // While the pointer moves nothing is coloured here, so nothing need follow it.
  const isShown = !hovered || rested !== undefined;
  const range = answer?.result.maps[0]?.range;
  const low = useLook(
    (state) => (isShown ? (shownRange(state, pane) ?? range)?.[0] : undefined) ?? 0,
  );
  const high = useLook(
    (state) => (isShown ? (shownRange(state, pane) ?? range)?.[1] : undefined) ?? 1,
  );
  if (count === 0) return null;
  const table = colormapTable(colormap);
  const colourOf = (value: number) => {
    const at = 3 * tableIndex(value, [low, high]);
    return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
  };
  // The row keeps its place while the pointer moves, and its values come when that rests.
  const shown = Array.from({ length: count }, (_, index) => cells[index]);
  return (
    <ul className="tokens" aria-label="CLS and register tokens">
      {shown.map((cell, index) => (
        <li
          key={index}
          title={`${cell?.name ?? nameOf(index)}${cell ? `: ${formatValue(cell.value)} ${unit}` : ""}`}
        >
          <i style={cell ? { background: colourOf(cell.value) } : {}} />
          <span>
            {index === 0 ? <Words>CLS</Words> : <Mention name="register">R{index - 1}</Mention>}
          </span>
          <span className="num">{cell ? formatValue(cell.value) : "·····"}</span>
          {cell?.outlier && (
            <em>
              <Words>outlier</Words>
            </em>
          )}
        </li>
      ))}
    </ul>
  );
}

const nameOf = (index: number) => (index === 0 ? "CLS" : `register ${index - 1}`);

function countOf(state: Look, pane: Pane): number {
  const { model } = seenIn(state, pane);
  return state.features[pane] && model ? 1 + model.registers : 0;
}

function cosineCells(tokens: Float32Array | undefined): Cell[] {
  return Array.from(tokens ?? [], (value, index) => ({
    name: nameOf(index),
    value,
    outlier: false,
  }));
}
