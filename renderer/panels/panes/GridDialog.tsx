/** Models x photographs, checkpoints x layers: a grid of panes from two lists. */
import { useState } from "react";
import { mostPanes } from "../../store/panes-state.ts";
import { Choice, NumberField } from "../fields.tsx";
import { DialogHeader, ModalDialog } from "../ModalDialog.tsx";
import { useLook, useLookStore } from "../store-context.ts";
import { useAxisValues, type Axis, axisWords } from "./axes.ts";
import { cellsOf, spread, type AxisValue } from "./grid-cells.ts";
import { showFirstCell } from "./first-cell.ts";

export function GridDialog({ onClose }: { onClose: () => void }) {
  const store = useLookStore();
  const hasRun = useLook((state) => (state.timeline?.checkpoints.length ?? 0) > 1);
  const rows = useAxis(hasRun ? "checkpoints" : "photographs");
  const columns = useAxis("layers");
  const count = rows.chosen.length * columns.chosen.length;
  const isSame = rows.axis === columns.axis && rows.axis !== "none";
  const refusal = isSame
    ? "Rows and columns are the same list; choose another for one of them."
    : count < 2
      ? "Choose at least two in rows or columns."
      : count > mostPanes
        ? `${count} panes; ${mostPanes} is the most at once.`
        : undefined;
  const arrange = () => {
    const cells = cellsOf(rows.chosen, columns.chosen);
    const state = store.getState();
    state.arrange(columns.chosen.length, cells);
    void showFirstCell(state, cells[0]!);
    onClose();
  };
  return (
    <ModalDialog isOpen label="Grid of panes" className="grid-dialog" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (refusal === undefined) arrange();
        }}
      >
        <DialogHeader title="Grid of panes" close={onClose} />
        <div className="axes">
          <AxisField label="Rows" {...rows} />
          <AxisField label="Columns" {...columns} />
        </div>
        <div className="dialog-foot">
          <output>
            {refusal ??
              `${rows.chosen.length} × ${columns.chosen.length} panes, linked with the first`}
          </output>
          <button type="submit" className="primary" disabled={refusal !== undefined}>
            Arrange
          </button>
        </div>
      </form>
    </ModalDialog>
  );
}

interface ChosenAxis {
  readonly axis: Axis;
  setAxis(axis: Axis): void;
  readonly values: readonly AxisValue[];
  readonly chosen: readonly AxisValue[];
  choose(labels: ReadonlySet<string>): void;
}

/** So many at first. */
const fewOf: Readonly<Record<Axis, number>> = {
  none: 1,
  photographs: 3,
  checkpoints: 4,
  models: 3,
  layers: 4,
  probes: 3,
};

function useAxis(first: Axis): ChosenAxis {
  const [axis, setAxis] = useState<Axis>(first);
  const values = useAxisValues(axis);
  const [labels, setLabels] = useState<ReadonlySet<string>>();
  const chosen = labels
    ? values.filter(({ label }) => labels.has(label))
    : axis === "photographs" || axis === "models" || axis === "probes"
      ? values.slice(0, fewOf[axis])
      : spread(values, fewOf[axis]);
  return {
    axis,
    values,
    chosen,
    choose: setLabels,
    setAxis: (next) => {
      setAxis(next);
      setLabels(undefined);
    },
  };
}

function AxisField(props: ChosenAxis & { label: string }) {
  const { label, axis, setAxis, values, chosen, choose } = props;
  const isLong = axis === "checkpoints" || axis === "layers";
  const isChosen = new Set(chosen.map((one) => one.label));
  return (
    <fieldset>
      <Choice
        label={label}
        value={axis}
        options={Object.entries(axisWords).map(([value, word]) => ({
          value: value as Axis,
          label: word,
        }))}
        onChange={setAxis}
      />
      {isLong && values.length > 1 && (
        <NumberField
          label="evenly spread"
          min={1}
          max={Math.min(values.length, 24)}
          value={chosen.length}
          onChange={(count) => choose(new Set(spread(values, count).map((one) => one.label)))}
        />
      )}
      {values.length === 0 && <p className="note">There is none; open a run first.</p>}
      {axis !== "none" && (
        <ul className="axis-values" aria-label={`${label}: ${axisWords[axis]}`}>
          {(values.length > 60 ? chosen : values).map((value) => (
            <li key={value.label}>
              <label>
                <input
                  type="checkbox"
                  checked={isChosen.has(value.label)}
                  onChange={({ target }) => {
                    const next = new Set(isChosen);
                    if (target.checked) next.add(value.label);
                    else next.delete(value.label);
                    choose(next);
                  }}
                />
                {value.label}
              </label>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}
