/** What the teacher assigned in a step taken by hand: its global crops against its prototypes. */
import { useEffect, useMemo, useRef } from "react";
import { colormapTable } from "../../../engine/protocol/colormap.ts";
import { float32Values } from "../../../engine/protocol/tensor.ts";
import { pixelsOf } from "../../scene/canvas2d-painter.ts";
import { useLook } from "../store-context.ts";
import { strongest } from "./assignments.ts";
import { Words } from "../learn/Words.tsx";

/** Prototypes that are drawn. */
const shownPrototypes = 48;

export function AssignmentsPanel() {
  const assignments = useLook((state) => state.assignments);
  const colormap = useLook((state) => state.view.colormap);
  const canvas = useRef<HTMLCanvasElement>(null);
  const table = useMemo(() => {
    if (!assignments) return undefined;
    const [rows = 0, prototypes = 0] = assignments.probabilities.shape;
    const values = float32Values(assignments.probabilities);
    return strongest(values, rows, prototypes, shownPrototypes);
  }, [assignments]);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !table) return;
    const { values, rows, prototypes } = table;
    const cols = prototypes.length;
    [element.width, element.height] = [cols, rows.length];
    const picture = {
      kind: "scalar",
      values,
      range: [0, Math.max(...values)],
      rows: rows.length,
      cols,
      region: [0, 0, 1, 1],
    } as const;
    element.getContext("2d")?.putImageData(pixelsOf(picture, colormapTable(colormap)), 0, 0);
  }, [table, colormap]);

  if (!assignments || !table) return null;
  const count = assignments.probabilities.shape[1] ?? 0;
  return (
    <section className="assignments" data-light="assignments" aria-label="Teacher's assignments">
      <h2>
        Assignments <span className="num">step {assignments.step}</span>
      </h2>
      <p className="note">
        <Words>
          {`Each row is a global crop, each column one of the ${table.prototypes.length} prototypes that the teacher uses most here, of ${count}. Sinkhorn sees to it that no prototype takes all.`}
        </Words>
      </p>
      <canvas ref={canvas} role="img" aria-label="Probability of each prototype for each crop" />
      <table className="num">
        <thead>
          <tr>
            <th>crop</th>
            <th>prototype</th>
            <th>share</th>
            <th title="Number of prototypes that would be as uncertain, used evenly">effective</th>
          </tr>
        </thead>
        <tbody>
          {table.rows.map(({ best, share, effective }, i) => (
            <tr key={i}>
              <td>{i + 1}</td>
              <td>{best}</td>
              <td>{share.toFixed(3)}</td>
              <td>{effective.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
