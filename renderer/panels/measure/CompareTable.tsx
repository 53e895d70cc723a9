/** Every model with every score: in any order, and with the ways onward. */
import { useState } from "react";
import type { StepNames } from "../../charts/plot-axes.ts";
import { formatStep } from "../../../engine/protocol/chart-numbers.ts";
import { useLook } from "../store-context.ts";
import { directionWords } from "./advice.ts";
import {
  bestSteps,
  nextOrder,
  sorted,
  type Column,
  type Order,
  type Row,
} from "./compare-table.ts";
import { formatScore, formatSigned } from "./measured-numbers.ts";

export function CompareTable(props: {
  rows: readonly Row[];
  columns: readonly Column[];
  names: StepNames;
  cursorStep: number | null;
  onCursor: (step: number | null) => void;
}) {
  const { rows, columns, names, cursorStep, onCursor } = props;
  const [order, setOrder] = useState<Order>({ key: "step", isDescending: false });
  const look = useLook((state) => state.lookAtCompared);
  const probe = useLook((state) => state.probeCompared);
  const best = columns.map((column) => bestSteps(rows, column));
  const header = (column: Pick<Column, "key" | "title" | "about" | "isBetter">) => {
    const isOrdered = order.key === column.key;
    const { sign, words } = directionWords[column.isBetter];
    return (
      <th
        key={column.key}
        scope="col"
        aria-sort={isOrdered ? (order.isDescending ? "descending" : "ascending") : undefined}
      >
        <button
          title={[column.about, column.isBetter === "neither" ? "" : words].join(" ")}
          onClick={() => setOrder(nextOrder(order, column))}
        >
          {column.title}
          {column.isBetter !== "neither" && ` ${sign}`}
          <span aria-hidden="true" className="order">
            {isOrdered ? (order.isDescending ? "▾" : "▴") : ""}
          </span>
        </button>
      </th>
    );
  };
  const first = { isBetter: "neither", about: "" } as const;
  return (
    <section aria-label="Table by model">
      <h2>By model</h2>
      {/* It can be scrolled with the keyboard, which needs the focus. */}
      <div className="compare-table" tabIndex={0} role="region" aria-label="Scores of every model">
        <table>
          <thead>
            <tr>
              {header({ key: "step", title: "Model", ...first, about: "In the order of steps." })}
              {columns.map(header)}
              <th scope="col">
                <span className="unseen">Onward</span>
              </th>
            </tr>
          </thead>
          <tbody onMouseLeave={() => onCursor(null)}>
            {sorted(rows, order).map(({ model, values }) => (
              <tr
                key={`${model.step} ${model.path}`}
                className={model.step === cursorStep ? "at-cursor" : undefined}
                onMouseEnter={() => onCursor(model.step)}
                onFocus={() => onCursor(model.step)}
              >
                <th scope="row" title={model.path}>
                  {names.atCursor(model.step) || formatStep(model.step)}
                </th>
                {columns.map(({ key }, c) => {
                  const value = values[key];
                  const isBest = best[c]!.has(model.step);
                  const format = key === "quality" ? formatSigned : formatScore;
                  return (
                    <td
                      key={key}
                      className={isBest ? "num best" : "num"}
                      title={
                        value &&
                        `${format(value.low)} to ${format(value.high)}${isBest ? ", the best" : ""}`
                      }
                    >
                      {value ? format(value.mean) : "–"}
                    </td>
                  );
                })}
                <td className="onward">
                  <button
                    title="Open it on the photographs"
                    aria-label={`Look at ${names.atCursor(model.step)}`}
                    onClick={() => void look(model.path)}
                  >
                    Look
                  </button>
                  <button
                    title="Measure it with labels"
                    aria-label={`Probe ${names.atCursor(model.step)}`}
                    onClick={() => probe(model.path)}
                  >
                    Probe
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
