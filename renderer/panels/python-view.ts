/** What is on the stage as a Python program would have to be told it. */
import type { PythonMap, PythonView } from "../../engine/protocol/python-snippet.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import type { Look } from "../store/look.ts";
import { probeLabels } from "../store/probe-slice.ts";
import {
  answerOf,
  isHovered,
  isNormed,
  photographOf,
  querySlotOf,
  registerIndex,
} from "../store/selectors.ts";

/** @returns undefined while there is no map of the first photograph */
export function pythonViewOf(state: Look): PythonView | undefined {
  return isHovered(state) ? cosineView(state) : answerView(state);
}

function cosineView(state: Look): PythonView | undefined {
  const { model, cosine, cursor, view } = state;
  const features = state.features.main;
  const main = cosine?.over.main;
  const image = photographOf(state, "main")?.name;
  if (!model || !features || !main || image === undefined) return undefined;
  const { geometry, block, norm } = features;
  const { token, query } = cosine;
  // The map under the cursor; where that is another photograph by the same model, it is that one's.
  const pane = cursor && querySlotOf(state, cursor.pane) === "main" ? cursor.pane : "main";
  const other = pane === "main" ? undefined : photographOf(state, pane)?.name;
  const over = cosine.over[pane] ?? main;
  // The pointer is on the button now: the best match is the number that still stands beside it.
  const isOver = cursor?.pane === pane;
  const patch = isOver ? cursor.patch : over.matches[0]?.patch;
  const value = patch && over.values[patch.row * over.geometry.grid.cols + patch.col];
  const isGram = view.probe === "gram" && query.length === 0;
  return {
    model,
    image,
    geometry,
    block,
    norm,
    map: isGram
      ? { kind: "gram" }
      : {
          kind: "cosine",
          query:
            token === "patch"
              ? { token: "patches", patches: query }
              : token === "cls"
                ? { token: "cls" }
                : { token: "register", index: registerIndex(token) },
          target: other === undefined ? undefined : { image: other, geometry: over.geometry },
        },
    shown: isGram || value === undefined ? undefined : { patch: patch!, value },
  };
}

function answerView(state: Look): PythonView | undefined {
  const { model, cursor, shownMap } = state;
  const answer = answerOf(state, "main");
  const image = photographOf(state, "main")?.name;
  if (!model || !answer || image === undefined) return undefined;
  const { ref, call, geometry, result } = answer;
  const map = result.maps[shownMap];
  const patch = cursor?.pane === "main" ? cursor.patch : { row: 0, col: 0 };
  const python = pythonMap(call);
  const isRead = map?.kind === "scalar" && (python.kind === "cls" || python.kind === "norm");
  const value = isRead
    ? float32Values(map.values)[patch.row * geometry.grid.cols + patch.col]
    : undefined;
  return {
    model,
    image,
    geometry,
    block: ref.layer === "last" ? model.depth - 1 : ref.layer,
    norm: isNormed(state, ref),
    map: python,
    shown: value === undefined ? undefined : { patch, value },
  };
}

function pythonMap(call: NonNullable<ReturnType<typeof answerOf>>["call"]): PythonMap {
  if (call.probe === "cls" || call.probe === "norm" || call.probe === "gram") {
    return { kind: call.probe };
  }
  const isPlain = call.probe === "pca" && call.options.preset === "raw";
  // Fitted on other photographs, or on a part of this one, it is another basis.
  if (isPlain && (call.options.fit ?? []).length === 0) return { kind: "pca" };
  return { kind: "tokens", what: `${probeLabels[call.probe]} map` };
}
