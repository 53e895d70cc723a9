/** Which model a pane shows: the main pane's, a checkpoint of the run, one in the box, or a path. */
import { useId, useState } from "react";
import type { OtherPane, OtherPaneId } from "../../store/panes-state.ts";
import { useLook } from "../store-context.ts";
import { modelName } from "./pane-title.ts";

export function ModelChoice({ pane, own }: { pane: OtherPaneId; own: OtherPane }) {
  const id = useId();
  const changePane = useLook((state) => state.changePane);
  const offered = useOfferedModels();
  const shown = useLook((state) => (own.model === undefined ? "" : modelName(state, own.model)));
  const [text, setText] = useState<string>();
  const take = (given: string) => {
    const path = given.trim();
    const known = offered.find(({ label }) => label === path);
    changePane(pane, { model: path === "" ? undefined : (known?.path ?? path) });
    setText(undefined);
  };
  return (
    <div className="field">
      <label htmlFor={id}>Model</label>
      <input
        id={id}
        list={`${id}-offered`}
        value={text ?? shown}
        placeholder="as in pane 1"
        title="A model in the box, a checkpoint of the run, or the path of any model; empty: as in pane 1"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          const given = event.target.value;
          // A choice from the list is whole; what is typed waits for Enter.
          if (given === "" || offered.some(({ label }) => label === given)) take(given);
          else setText(given);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && text !== undefined) take(text);
        }}
        onBlur={() => {
          if (text !== undefined) take(text);
        }}
      />
      <datalist id={`${id}-offered`}>
        {offered.map(({ path, label }) => (
          <option key={path} value={label} />
        ))}
      </datalist>
    </div>
  );
}

/** Models that somebody may want to see, each once. */
export function useOfferedModels(): { readonly path: string; readonly label: string }[] {
  const bundled = useLook((state) => state.info?.models);
  const recent = useLook((state) => state.recent);
  const checkpoints = useLook((state) => state.timeline?.checkpoints);
  const offered = [
    ...(checkpoints ?? []).map(({ path, step }) => ({
      path,
      label: `step ${step.toLocaleString("en-US")}`,
    })),
    ...(bundled ?? []).map(({ path, name }) => ({ path, label: name })),
    ...recent.filter(({ kind }) => kind === "model").map(({ path }) => ({ path, label: path })),
  ];
  return [...new Map(offered.map((one) => [one.path, one])).values()];
}
