/** What is compared: a run or models, on which images, and how. */
import { compareWishOf } from "../../store/measure-compare-slice.ts";
import { compareNumbers } from "../../store/measure-numbers.ts";
import { Segments } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { ImagesChoice } from "./ImagesChoice.tsx";
import { JobCard } from "./JobCard.tsx";
import { PathInput } from "./PathInput.tsx";
import { WholeInput } from "./WholeInput.tsx";

export function CompareForm() {
  const form = useLook((state) => state.compareForm);
  const setForm = useLook((state) => state.setCompareForm);
  const start = useLook((state) => state.startCompare);
  const samplesFolder = useLook((state) => state.measuring?.samplesFolder);
  const wish = compareWishOf(form, samplesFolder);
  return (
    <>
      <section aria-label="What is compared">
        <Segments
          label="Compare"
          hideLabel
          value={form.of}
          options={[
            { value: "run", label: "A run", title: "The checkpoints of a run, by their steps" },
            { value: "models", label: "Models", title: "Models in an order of your own" },
          ]}
          onChange={(of) => setForm({ of })}
        />
        {form.of === "run" ? (
          <PathInput
            label="Folder of the run"
            kind="run"
            value={form.run}
            onChange={(run) => setForm({ run })}
          />
        ) : (
          <Models />
        )}
      </section>
      <section aria-label="Images">
        <ImagesChoice
          label="Images"
          images={form.images}
          folder={form.folder}
          onImages={(images) => setForm({ images })}
          onFolder={(folder) => setForm({ folder })}
        />
        <div className="wholes">
          <WholeInput
            number={compareNumbers.limit}
            value={form.limit}
            title="At most so many. Noise is known from 8 images on; 64 tell small declines"
            onChange={(limit) => setForm({ limit })}
          />
          <WholeInput
            number={compareNumbers.size}
            unit="px"
            value={form.size}
            title="Side of the views that the models see"
            onChange={(size) => setForm({ size })}
          />
          <WholeInput
            number={compareNumbers.seed}
            value={form.seed}
            title="Of crops and intervals: the same seed gives the same numbers"
            onChange={(seed) => setForm({ seed })}
          />
        </div>
        <details open={form.reference !== ""}>
          <summary>Reference model</summary>
          <PathInput
            label="Measure Gram distances from"
            kind="model"
            value={form.reference}
            onChange={(reference) => setForm({ reference })}
          />
        </details>
      </section>
      <JobCard
        tab="compare"
        label="Compare"
        problem={"problem" in wish ? wish.problem : undefined}
        note="It belongs to this page: reloading or closing it cancels it. Models that were scored are remembered."
        onStart={() => void start()}
      />
    </>
  );
}

function Models() {
  const models = useLook((state) => state.compareForm.models);
  const setForm = useLook((state) => state.setCompareForm);
  const set = (next: readonly string[]) => setForm({ models: next.length > 0 ? next : [""] });
  return (
    <fieldset className="path-list">
      <legend>Models, oldest first</legend>
      {models.map((path, i) => (
        <div key={i} className="path-row">
          <PathInput
            label={`Model ${i + 1}`}
            hideLabel
            kind="model"
            value={path}
            onChange={(next) => set(models.with(i, next))}
          />
          <button
            type="button"
            aria-label={`Remove model ${i + 1}`}
            title="Remove"
            disabled={models.length === 1 && path === ""}
            onClick={() => set(models.toSpliced(i, 1))}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" disabled={models.at(-1) === ""} onClick={() => set([...models, ""])}>
        Add a model
      </button>
    </fieldset>
  );
}
