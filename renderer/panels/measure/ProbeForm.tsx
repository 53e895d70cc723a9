/** What is measured with labels: the probe, the model, the data and how. */
import type { ProbeDescription } from "../../../engine/protocol/measuring.ts";
import {
  labelledProbeNames,
  type LabelledProbeName,
} from "../../../engine/protocol/probe-report.ts";
import { probeNumbers } from "../../store/measure-numbers.ts";
import { presetOf, probeWishOf } from "../../store/measure-probes-slice.ts";
import { Choice, Segments } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { JobCard } from "./JobCard.tsx";
import { PathInput } from "./PathInput.tsx";
import { WholeInput } from "./WholeInput.tsx";
import { Words } from "../learn/Words.tsx";

const labels: Readonly<Record<LabelledProbeName, string>> = {
  knn: "k-NN",
  linear: "Linear",
  segmentation: "Segmentation",
  depth: "Depth",
  correspondence: "Correspondence",
  discovery: "Discovery",
  tracking: "Tracking",
  "few-shot": "Few-shot",
};

export function ProbeForm() {
  const form = useLook((state) => state.probeForm);
  const setForm = useLook((state) => state.setProbeForm);
  const start = useLook((state) => state.startProbe);
  const probe = useLook((state) =>
    state.measuring?.probes.find(({ name }) => name === state.probeForm.probe),
  );
  const wish = probeWishOf(form);
  const problem = "problem" in wish ? wish.problem : probe ? undefined : "Asking the engine.";
  return (
    <>
      <section aria-label="What is measured">
        <Segments
          label="Probe"
          columns={2}
          value={form.probe}
          options={labelledProbeNames.map((value) => ({ value, label: labels[value] }))}
          onChange={(next) => setForm({ probe: next })}
        />
        {probe && (
          <p className="note">
            <Words>{`${probe.title}.`}</Words>{" "}
            <span className="faint">
              <Words>{probe.numbers}</Words>
            </span>
          </p>
        )}
        <PathInput
          label="Model"
          kind="model"
          value={form.model}
          title="A model directory, a checkpoint file or a checkpoint of a run"
          onChange={(model) => setForm({ model })}
        />
      </section>
      <section aria-label="Labelled data">
        <Segments
          label="Data"
          value={form.data}
          options={[
            { value: "scenes", label: "Scenes", title: "The built-in world, with exact truth" },
            { value: "folder", label: "Folder", title: "Labelled data of yours" },
          ]}
          onChange={(data) => setForm({ data })}
        />
        {form.data === "folder" && <Folder probe={probe} />}
        {form.data === "scenes" && form.probe === "correspondence" && (
          <Segments
            label="Pairs"
            value={form.pairs}
            options={[
              { value: "views", label: "Two views", title: "Of one scene: geometry" },
              { value: "instances", label: "Two instances", title: "Of one class: meaning" },
            ]}
            onChange={(pairs) => setForm({ pairs })}
          />
        )}
        {probe && <Protocol probe={probe} />}
      </section>
      <JobCard
        tab="probes"
        label="Measure"
        problem={problem}
        note="It belongs to this page: reloading or closing it cancels it, and nothing of it is kept."
        onStart={() => void start()}
      />
    </>
  );
}

function Folder({ probe }: { probe: ProbeDescription | undefined }) {
  const form = useLook((state) => state.probeForm);
  const setForm = useLook((state) => state.setProbeForm);
  const layouts = useLook((state) => state.measuring?.layouts);
  const serving = layouts?.filter(({ tasks }) => probe && tasks.includes(probe.task)) ?? [];
  return (
    <>
      <PathInput
        label="Folder of labelled data"
        kind="labels"
        value={form.folder}
        onChange={(folder) => setForm({ folder })}
      />
      <Choice
        label="Layout"
        title="How the folder is laid out; docs/labelled-data.md describes each"
        value={form.layout}
        options={[
          { value: "", label: "recognised by what lies there" },
          ...serving.map(({ name }) => ({ value: name, label: name })),
        ]}
        onChange={(layout) => setForm({ layout })}
      />
    </>
  );
}

function Protocol({ probe }: { probe: ProbeDescription }) {
  const form = useLook((state) => state.probeForm);
  const setForm = useLook((state) => state.setProbeForm);
  const own = presetOf(probe, { ...form, preset: "" });
  const { train, test } = probe.scenes;
  return (
    <>
      <Choice
        label="Preset"
        title="The protocol: every default of it is in the report's settings"
        value={form.preset}
        options={[
          { value: "", label: `${own}, as ${form.data === "scenes" ? "for scenes" : "usual"}` },
          ...probe.presets.map((value) => ({ value, label: value })),
        ]}
        onChange={(preset) => setForm({ preset })}
      />
      <div className="wholes">
        {form.data === "scenes" && train > 0 && (
          <WholeInput
            number={probeNumbers.train}
            value={form.train}
            placeholder={String(train)}
            title="Scenes that the probe learns from"
            onChange={(text) => setForm({ train: text })}
          />
        )}
        {form.data === "scenes" && (
          <WholeInput
            number={probeNumbers.test}
            value={form.test}
            placeholder={String(test)}
            title="Held-out scenes that it is measured on"
            onChange={(text) => setForm({ test: text })}
          />
        )}
        <WholeInput
          number={probeNumbers.size}
          unit="px"
          value={form.size}
          placeholder="as preset"
          words={["native"]}
          title="Side of a square input, or “native”"
          onChange={(size) => setForm({ size })}
        />
        <WholeInput
          number={probeNumbers.seed}
          value={form.seed}
          title="The same seed gives the same numbers, exactly"
          onChange={(seed) => setForm({ seed })}
        />
      </div>
    </>
  );
}
