/** The Gram matrix: every patch against every patch, linked with the photograph both ways. */
import { useEffect, useMemo, useRef } from "react";
import { colormapTable } from "../../engine/protocol/colormap.ts";
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import { float32Values, int32Values } from "../../engine/protocol/tensor.ts";
import { pixelsOf } from "../scene/canvas2d-painter.ts";
import { GramOrder } from "../scene/gram-order.ts";
import type { Answer } from "../store/probe-state.ts";
import type { LookStore } from "../store/look.ts";
import type { PatchSet } from "../store/patch-set.ts";
import { askedToken, isHovered } from "../store/selectors.ts";
import { withKeys } from "./actions/registry.ts";
import { ColourBar } from "./Legend.tsx";
import { formatCosine, formatCount } from "./numbers.ts";
import { useLook, useLookStore } from "./store-context.ts";
import { Words } from "./learn/Words.tsx";

export function GramPane() {
  const answer = useLook((state) => state.answers.gram);
  const isProbe = useLook((state) => state.view.probe === "gram");
  const setLayout = useLook((state) => state.setLayout);
  const side = answer?.result.maps[0]?.values.shape[0] ?? 0;
  const { rows = 0, cols = 0 } = answer?.geometry.grid ?? {};
  const pooled = side < rows * cols ? `, averaged to ${side}×${side}` : "";
  const summary = `${formatCount(rows * cols)} patches${pooled}`;
  return (
    <section className="pane" aria-label="Gram matrix">
      <header className="pane-head">
        <strong title="Gram matrix">
          <Words>Gram matrix</Words>
        </strong>
        {answer && (
          <span className="what num" title={summary}>
            <Words>{summary}</Words>
          </span>
        )}
        {!isProbe && (
          <button
            title={withKeys("Close the matrix", "gram")}
            onClick={() => setLayout({ gram: false })}
          >
            Close
          </button>
        )}
      </header>
      <div className="view">{answer && <Matrix answer={answer} />}</div>
      <GramFooter answer={answer} />
    </section>
  );
}

function Matrix({ answer }: { answer: Answer }) {
  const store = useLookStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const colormap = useLook((state) => state.view.colormap);
  const query = useLook((state) =>
    isHovered(state) && askedToken(state) === "patch" ? state.query : none,
  );
  const cursor = useLook((state) => state.cursor?.patch);
  const map = answer.result.maps[0]!;
  const side = map.values.shape[0] ?? 1;
  const order = useMemo(() => orderOf(answer), [answer]);

  useEffect(() => {
    const values = float32Values(map.values);
    const picture = { kind: "scalar", values, range: map.range, rows: side, cols: side } as const;
    const pixels = pixelsOf({ ...picture, region: [0, 0, 1, 1] }, colormapTable(colormap));
    canvas.current?.getContext("2d")?.putImageData(pixels, 0, 0);
  }, [map, side, colormap]);

  useEffect(() => listenToMatrix(store, box.current!, order), [store, order]);

  return (
    <div className="matrix" data-light="gram" ref={box}>
      <canvas
        ref={canvas}
        width={side}
        height={side}
        aria-label="Cosine of every pair of patches"
      />
      {query.length <= mostLines &&
        query.map((patch) => (
          <i
            key={`${patch.row} ${patch.col}`}
            className="row-line"
            data-light="gram-row"
            style={{ top: `${100 * order.placeOf(patch)}%` }}
          />
        ))}
      {cursor && <i className="col-line" style={{ left: `${100 * order.placeOf(cursor)}%` }} />}
    </div>
  );
}

const none: PatchSet = [];
/** A box has too many rows for a line each. */
const mostLines = 16;

function GramFooter({ answer }: { answer: Answer | undefined }) {
  const colormap = useLook((state) => state.view.colormap);
  const pair = useLook(({ cosine, cursor }) => {
    const [row] = cosine?.query ?? [];
    const main = cosine?.over.main;
    if (!main || !row || cosine.query.length > 1) return "\n";
    const column = cursor?.patch ?? row;
    const value = main.values[column.row * main.geometry.grid.cols + column.col];
    const at = ({ row, col }: PatchPosition) => `⟨${row}, ${col}⟩`;
    return `${at(row)} · ${at(column)}\n= ${value === undefined ? "" : formatCosine(value)}`;
  });
  const map = answer?.result.maps[0];
  return (
    <footer className="pane-foot">
      <div className="readout num">
        {pair.split("\n").map((line, index) => (
          <div key={index}>{line}</div>
        ))}
      </div>
      {map && <ColourBar colormap={colormap} range={map.range} unit={map.unit} />}
    </footer>
  );
}

function orderOf({ result, geometry }: Answer): GramOrder {
  return new GramOrder(geometry.grid, result.order && int32Values(result.order));
}

function listenToMatrix(store: LookStore, element: HTMLElement, order: GramOrder): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const pairUnder = (event: MouseEvent) => {
    const box = element.getBoundingClientRect();
    return {
      row: order.patchAt((event.clientY - box.top) / box.height),
      col: order.patchAt((event.clientX - box.left) / box.width),
    };
  };
  const move = (event: PointerEvent) => {
    const { row, col } = pairUnder(event);
    store.getState().hover({ pane: "main", patch: col }, event.timeStamp, row);
  };
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener(
    "pointerleave",
    (event) => store.getState().hover(undefined, event.timeStamp),
    { signal },
  );
  element.addEventListener("click", (event) => store.getState().togglePin(pairUnder(event).row), {
    signal,
  });
  return () => abort.abort();
}
