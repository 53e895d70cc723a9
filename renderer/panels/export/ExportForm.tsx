/** What is exported: the model, format and precisions, what it is proved on, and where it goes. */
import { useId } from "react";
import { precisionsOf, type ExportPrecision } from "../../../engine/protocol/exporting.ts";
import {
  chosenPrecisions,
  exportWishOf,
  modelToExport,
  offeredFolder,
} from "../../store/export-slice.ts";
import { Choice, Segments } from "../fields.tsx";
import { JobCard } from "../measure/JobCard.tsx";
import { PathInput } from "../measure/PathInput.tsx";
import { useLook } from "../store-context.ts";
import { formatLines, fusedLine, opsetLine, precisionLine, proofLine } from "./consequences.ts";
import { NamesChoice } from "./NamesChoice.tsx";
import { Bars, ProofImages } from "./ProofChoices.tsx";
import { TermMark, Words } from "../learn/Words.tsx";

export function ExportForm() {
  const form = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  const start = useLook((state) => state.startExport);
  const description = useLook((state) => state.exporting);
  const known = useLook((state) => modelToExport(state)?.names);
  const wish = exportWishOf(form, description, known);
  return (
    <>
      <section aria-label="Model and format">
        <PathInput
          label="Model"
          kind="model"
          value={form.model}
          title="A model directory, a checkpoint file, a run or a checkpoint of one"
          onChange={(model) => setForm({ model })}
        />
        <Segments
          label="Format"
          value={form.format}
          options={[
            { value: "onnx", label: "ONNX" },
            { value: "safetensors", label: "safetensors" },
          ]}
          onChange={(format) => setForm({ format })}
        />
        <p className="consequence">
          <Words>{formatLines[form.format]}</Words>
        </p>
        {form.format === "safetensors" && <NamesChoice />}
        <Precisions />
        {form.format === "onnx" && form.onnx.includes("int8-static") && (
          <PathInput
            label="Calibrate int8-static on"
            kind="images"
            value={form.calibrationFolder}
            title="A folder of photographs like those that the model will see; up to 64 of them"
            onChange={(calibrationFolder) => setForm({ calibrationFolder })}
          />
        )}
        {form.format === "onnx" && <OnnxChoices />}
      </section>
      <Proof />
      <section aria-label="Folder">
        <Folder />
      </section>
      <JobCard
        tab="export"
        label="Export"
        problem={"problem" in wish ? wish.problem : undefined}
        note="It belongs to this page: reloading or closing it cancels it, and nothing of it is left."
        onStart={() => void start()}
      />
    </>
  );
}

function Precisions() {
  const form = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  const parameters = useLook((state) => modelToExport(state)?.parameters);
  const isConvolutional = useLook((state) => modelToExport(state)?.stages !== undefined);
  const isOnnx = form.format === "onnx";
  const toggle = (one: ExportPrecision, isOn: boolean) =>
    setForm({ onnx: isOn ? [...form.onnx, one] : form.onnx.filter((other) => other !== one) });
  return (
    <fieldset className="precisions">
      <legend>
        <Words>{isOnnx ? "Precisions, one file each" : "Precision"}</Words>
      </legend>
      {precisionsOf[form.format].map((one) => (
        <div key={one} className="named">
          <label>
            <input
              type={isOnnx ? "checkbox" : "radio"}
              name="precision"
              checked={isOnnx ? form.onnx.includes(one) : form.directory === one}
              onChange={({ target }) =>
                isOnnx ? toggle(one, target.checked) : setForm({ directory: one })
              }
            />
            <b className="num">{one}</b>
            <span className="consequence">{precisionLine(one, parameters, isConvolutional)}</span>
          </label>
          <TermMark of={one} />
        </div>
      ))}
    </fieldset>
  );
}

function OnnxChoices() {
  const { opset, isFused } = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  const description = useLook((state) => state.exporting);
  const isConvolutional = useLook((state) => modelToExport(state)?.stages !== undefined);
  if (!description) return null;
  const fused = isConvolutional ? "fusedConvolutional" : "fused";
  const [least, most] = description.opsets;
  const all = Array.from({ length: most - least + 1 }, (_, i) => String(least + i));
  return (
    <details className="more" open={opset !== "18" || isFused}>
      <summary>Operators</summary>
      <Choice
        label="Version (opset)"
        value={opset}
        options={all.map((value) => ({ value, label: value }))}
        onChange={(next) => setForm({ opset: next })}
      />
      <p className="consequence">
        <Words>{opsetLine(Number(opset), description)}</Words>
      </p>
      <Segments
        label="Operators"
        hideLabel
        value={isFused ? "fused" : "standard"}
        options={[
          { value: "standard", label: "Standard" },
          { value: "fused", label: "ONNX Runtime's" },
        ]}
        onChange={(value) => setForm({ isFused: value === "fused" })}
      />
      <p className="consequence">
        <Words>{fusedLine[isFused ? fused : "standard"]}</Words>
      </p>
    </details>
  );
}

function Proof() {
  const form = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  return (
    <section aria-label="Proof">
      <label className="check">
        <input
          type="checkbox"
          checked={form.isProved}
          onChange={({ target }) => setForm({ isProved: target.checked })}
        />
        Prove that it is the same model
      </label>
      <p className={form.isProved ? "consequence" : "consequence caution"}>
        {proofLine[form.isProved ? "proved" : "unproved"]}
      </p>
      {form.isProved && (
        <>
          <ProofImages
            form={form}
            folderTitle="Three of them appear on the card, as pictures"
            onChange={setForm}
          />
          <Bars
            form={form}
            precisions={chosenPrecisions(form)}
            note="What each must reach. What does not is called so in its name. Empty: the usual bar."
            onChange={setForm}
          />
        </>
      )}
    </section>
  );
}

function Folder() {
  const id = useId();
  const form = useLook((state) => state.exportForm);
  const setForm = useLook((state) => state.setExportForm);
  const exportsFolder = useLook((state) => state.exporting?.exportsFolder);
  const offered = offeredFolder(form, exportsFolder);
  return (
    <div className="path-input">
      <label htmlFor={id}>Write to</label>
      <div>
        <input
          id={id}
          value={form.folder}
          placeholder={offered ?? "folder on the engine's machine"}
          title={form.folder || offered}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setForm({ folder: event.target.value })}
        />
      </div>
      <p className="consequence">A new or empty folder. It appears whole, or not at all.</p>
    </div>
  );
}
