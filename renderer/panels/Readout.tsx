/** The patch under the cursor, its value and its rank. */
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import type { ProbeMap } from "../../engine/protocol/probes.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import { rankOf } from "../compute/similarity.ts";
import type { CosineMap } from "../store/feature-state.ts";
import type { Look } from "../store/look.ts";
import { isSamePatch } from "../store/patch-set.ts";
import { seenIn } from "../store/seen.ts";
import { answerOf, isHovered, photographOf, shownMapOf } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { formatCosine, formatCount, formatValue, tokenLabel } from "./numbers.ts";
import { useLook } from "./store-context.ts";

const place = ({ row, col }: PatchPosition) => `${row}, ${col}`;

export function Readout({ pane }: { pane: Pane }) {
  const text = useLook((state) => readoutText(state, pane));
  const [where, value] = text.split("\n");
  return (
    <div className="readout num" aria-live="off">
      <div>{where}</div>
      <div>{value}</div>
    </div>
  );
}

/** Two lines, so that the panel is drawn again only when they change. */
function readoutText(state: Look, pane: Pane): string {
  if (!photographOf(state, pane)) return "\n";
  return isHovered(seenIn(state, pane)) ? cosineText(state, pane) : answerText(state, pane);
}

function cosineText(state: Look, pane: Pane): string {
  const { cosine, cursor } = state;
  const { view } = seenIn(state, pane);
  const over = cosine?.over[pane];
  if (!cosine || !over) return "\n";
  const { cols } = over.geometry.grid;
  const isElsewhere = cosine.token === "patch" && over.query.length === 0;
  const [first] = over.query;
  if (isElsewhere && cursor?.pane !== pane) {
    const [best] = over.matches;
    return best ? `best match ${place(best.patch)}\ncos ${formatCosine(best.value)}` : "\n";
  }
  const at = cursor?.pane === pane ? cursor.patch : first;
  const asked = queryText(isElsewhere ? cosine : { query: over.query, token: cosine.token });
  if (!at) return `${asked}\n`;
  const index = at.row * cols + at.col;
  const value = over.values[index];
  if (value === undefined) return "\n";
  const isAway = isElsewhere || over.query.length !== 1 || !isSamePatch(at, first);
  const pinned = view.patch.length > 0 && cosine.token === "patch" ? "  pinned" : "";
  const where = `${asked}${isAway ? ` → ${place(at)}` : ""}${pinned}`;
  const rank = `${formatCount(rankOf(over.values, index))} / ${formatCount(over.values.length)}`;
  return `${where}\ncos ${formatCosine(value)}  rank ${rank}`;
}

/** "patch 3, 4", "12 patches" or "register 0". */
export function queryText({ query, token }: Pick<CosineMap, "query" | "token">): string {
  if (token !== "patch") return tokenLabel(token);
  const [first] = query;
  return query.length === 1 && first ? `patch ${place(first)}` : `${query.length} patches`;
}

function answerText(state: Look, pane: Pane): string {
  const { cursor } = state;
  const { view } = seenIn(state, pane);
  const answer = answerOf(state, pane);
  const map = shownMapOf(state, pane);
  if (view.probe === "attention" && view.attends === "patch" && view.patch.length === 0) {
    return "no patch is pinned\nclick one to see its attention";
  }
  if (!answer || !map || cursor?.pane !== pane) return "\n";
  const index = cursor.patch.row * answer.geometry.grid.cols + cursor.patch.col;
  return `patch ${place(cursor.patch)}\n${valueText(map, index)}`;
}

function valueText(map: ProbeMap, index: number): string {
  switch (map.kind) {
    case "scalar":
    case "matrix": {
      const values = float32Values(map.values);
      const rank = `${formatCount(rankOf(values, index))} / ${formatCount(values.length)}`;
      return `${map.unit} ${formatValue(values[index] ?? NaN)}  rank ${rank}`;
    }
    case "labels": {
      const label = int32Values(map.values)[index] ?? -1;
      return label < 0 ? "no cluster" : `cluster ${label}`;
    }
    case "mask":
      return map.values.data[index] ? "inside" : "outside";
    case "rgb": {
      const values = float32Values(map.values);
      const parts = [0, 1, 2].map((c) => formatValue(values[3 * index + c] ?? NaN));
      return parts[0] === "none" ? "left out" : `PC 1 ${parts[0]}  2 ${parts[1]}  3 ${parts[2]}`;
    }
  }
}
