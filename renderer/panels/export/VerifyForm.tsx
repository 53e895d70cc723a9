/** Which export is verified: its folder, the original where it is at hand, and the bars. */
import { exportPrecisions } from "../../../engine/protocol/exporting.ts";
import { verifyWishOf } from "../../store/verify-slice.ts";
import { JobCard } from "../measure/JobCard.tsx";
import { PathInput } from "../measure/PathInput.tsx";
import { useLook } from "../store-context.ts";
import { Bars, ProofImages } from "./ProofChoices.tsx";
import { Words } from "../learn/Words.tsx";

export function VerifyForm() {
  const form = useLook((state) => state.verifyForm);
  const setForm = useLook((state) => state.setVerifyForm);
  const start = useLook((state) => state.startVerify);
  const samplesFolder = useLook((state) => state.exporting?.samplesFolder);
  const wish = verifyWishOf(form, samplesFolder);
  const hasOriginal = form.original.trim() !== "";
  return (
    <>
      <section aria-label="Exported folder">
        <PathInput
          label="Folder of an export"
          kind="export"
          value={form.folder}
          title="What an export wrote, or one .onnx file of it"
          onChange={(folder) => setForm({ folder })}
        />
        <p className="consequence">
          Every file in it is loaded as others would load it. Nothing is changed.
        </p>
      </section>
      <section aria-label="Original">
        <PathInput
          label="Original, if it is at hand"
          kind="model"
          value={form.original}
          title="The model that was exported"
          onChange={(original) => setForm({ original })}
        />
        <p className="consequence">
          <Words>
            {hasOriginal
              ? "It is computed anew, on pictures of your choice."
              : "Without it: its features on two scenes, which lie in the folder."}
          </Words>
        </p>
        {hasOriginal && <ProofImages form={form} onChange={setForm} />}
        <Bars
          form={form}
          precisions={exportPrecisions}
          other="card's"
          note="What each must reach. Where nothing is written: as the card in the folder says."
          onChange={setForm}
        />
      </section>
      <JobCard
        tab="verify"
        label="Verify"
        problem={"problem" in wish ? wish.problem : undefined}
        note="It belongs to this page: reloading or closing it cancels it."
        onStart={() => void start()}
      />
    </>
  );
}
