/** In whose names a model directory is written: those that the model can have, and why not the others. */
import { modelNames } from "../../../engine/protocol/exporting.ts";
import { chosenNames, modelToExport } from "../../store/export-slice.ts";
import { Segments } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { namesLines, namesWords } from "./consequences.ts";
import { Words } from "../learn/Words.tsx";

export function NamesChoice() {
  const form = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  const known = useLook((state) => modelToExport(state)?.names);
  const { names } = chosenNames(form, known);
  const refused = known?.filter(({ refusal }) => refusal !== undefined) ?? [];
  const offered = modelNames.filter((one) => !refused.some((other) => other.names === one));
  return (
    <>
      {offered.length > 0 && (
        <>
          <Segments
            label="Names"
            value={names}
            options={offered.map((value) => ({ value, label: namesWords[value] }))}
            onChange={(value) => setForm({ names: value })}
          />
          <p className="consequence">
            <Words>{namesLines[names]}</Words>
          </p>
        </>
      )}
      {refused.length > 0 && (
        <details className="more">
          <summary>Not in {refused.map((one) => namesWords[one.names]).join(" or ")} names</summary>
          {refused.map((one) => (
            <p className="consequence" key={one.names}>
              <Words>{`${namesWords[one.names]}: ${one.refusal}.`}</Words>
            </p>
          ))}
        </details>
      )}
    </>
  );
}
